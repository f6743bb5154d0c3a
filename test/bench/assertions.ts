import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TokenRequest } from '../../plugin/domain/provider/token-endpoint.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createKeyFiles } from '../../plugin/oauth/key-files.js';
import { createServiceAccountFiles } from '../../plugin/oauth/service-account-files.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { ROOT } from '../lab/instance.js';
import { LOOPBACK } from '../lab/loopback.js';
import { freePort } from '../lab/ports.js';
import { settingsReader } from '../support/samples.js';
import { ACCOUNT, keyFile } from '../support/service-account.js';
import { type Line, medianOf } from './measure.js';

/** As many as one minute has. */
const RENEWALS = 1000;
const SCOPE = 'https://mail.google.com/';
const ROUNDS = 3;

/** CPU time of this process for each call, in milliseconds; the crypto threads count. */
async function cpuOf(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < RENEWALS; done++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / RENEWALS;
}

/**
 * What an assertion costs more than a client secret: a certificate (PS256), and the key of a service account (RS256). The
 * same requests by the same client; CPU time, so that it says the same on a busy machine.
 */
export async function measureAssertions(): Promise<Line[]> {
  const port = await freePort();
  const server = fork(path.join(ROOT, 'test/bench/token-server.ts'), [String(port)], {
    execArgv: ['--import', 'tsx'],
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-assertions-'));
  try {
    await once(server, 'message');
    const keys = createKeyFiles({ folder: path.join(folder, 'certificates'), credentials: null });
    const accounts = createServiceAccountFiles({ folder: path.join(folder, 'accounts'), credentials: null });
    const { thumbprint } = await keys.create(30);
    const { key, keyId } = await accounts.take(keyFile().content);
    const endpoint = createTokenEndpoint({
      settings: settingsReader(),
      addresses: addressRules(LOOPBACK),
      clock: () => new Date(),
      keys,
      serviceAccountKeys: accounts,
    });
    const names = { idParameter: 'client_id', secretParameter: 'client_secret' };
    const request = (client: Partial<TokenRequest['client']>): TokenRequest => ({
      url: `http://127.0.0.1:${port}/token`,
      parameters: { grant_type: 'client_credentials' },
      client: { ...names, id: 'bench', secret: '', ...client },
      secrets: [],
    });
    const kinds = {
      secret: request({ secret: 'bench-secret' }),
      certificate: request({ certificates: [thumbprint] }),
      account: request({
        serviceAccount: { key, keyId, account: ACCOUNT, mailbox: 'a@example.com', scope: SCOPE },
      }),
    };
    const costs: Record<keyof typeof kinds, number[]> = { secret: [], certificate: [], account: [] };
    for (let round = 0; round <= ROUNDS; round++)
      for (const kind of ['secret', 'certificate', 'account'] as const) {
        const cost = await cpuOf(() => endpoint.post(kinds[kind]));
        // The first round warms up.
        if (round > 0) costs[kind].push(cost);
      }
    const secret = medianOf(costs.secret);
    const line = (what: string, cost: number): Line => {
      // One core has 60,000 ms in a minute.
      const share = (((cost - secret) * RENEWALS) / 60_000) * 100;
      return {
        what: `${RENEWALS} renewals a minute by ${what}, more than by a secret`,
        ours: `${share.toFixed(2)} % of a core (${cost.toFixed(2)} ms each)`,
        theirs: `secret ${secret.toFixed(2)} ms each`,
        target: '< 5 %',
        met: share < 5,
      };
    };
    return [
      line('certificate', medianOf(costs.certificate)),
      line('service account', medianOf(costs.account)),
    ];
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}
