import { inUrl, reachableHost } from '../../lib/ip-address.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';

/** How long the sidecar may take. Its own check of the database takes up to 3 s. Milliseconds. */
const TIMEOUT = 5000;

/** @param host SIDECAR_HOST */
export const healthUrl = (host: string, port: number, path: string): string =>
  `http://${inUrl(reachableHost(host))}:${port}/${path}`;

export const command: Command = {
  summary: 'Checks whether the running sidecar is healthy',
  details:
    'For the health check of a container: it needs no other program, and queries the port of health and metrics (SIDECAR_PORT). The exit code is 0 if the sidecar is healthy, otherwise 1.',
  options: {
    live: {
      description:
        'only whether the process answers; for checks that restart it, because a restart does not help if the database is down',
    },
  },
  examples: [
    ['health', 'whether the database answers and tokens are being renewed'],
    ['health --live', 'whether the process answers'],
  ],
  async run({ environment, flag, out }) {
    const { loadConfig } = await import('../../config/load-config.js');
    const { host, port } = loadConfig(environment());
    const url = healthUrl(host, port, flag('live') ? 'healthz' : 'readyz');
    let why: string;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
      await answer.body?.cancel();
      if (answer.ok) {
        out.line('healthy');
        return EXIT.ok;
      }
      why = `answers ${answer.status}; its log says why`;
    } catch (error) {
      const { cause, name } = error as { cause?: { code?: string }; name: string };
      why = `does not answer (${cause?.code ?? name})`;
    }
    out.warn(`The sidecar at ${url} ${why}.`);
    return EXIT.failed;
  },
};
