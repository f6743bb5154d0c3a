import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Instance } from '../../lab/instance.js';
import { type SidecarStart, startSidecar } from '../../lab/node-servers.js';
import { listens, until } from '../../lab/ports.js';
import { logFile, serverRuns, signalServer, stopServer } from '../../lab/servers.js';
import { brokenHelpdesk } from '../../support/broken-helpdesk.js';
import { IS_POSTGRES } from '../../support/database.js';
import type { Ledger } from './ledger.js';
import { PORTS } from './ports.js';
import { startProxy } from './proxy.js';

export interface SidecarOptions extends Pick<SidecarStart, 'env' | 'preload' | 'around'> {
  /** Settings that its helpdesk's Config.pm overrides. */
  settings?: Record<string, string>;
  /** The folder of each journal; by default on the disk. */
  states?: string;
}

/** One `serve` process with a proxy before its database, and its genuine helpdesk under a path of its own. */
export async function createSidecar(
  number: number,
  server: Instance,
  ledger: Ledger,
  { settings = {}, ...options }: SidecarOptions,
) {
  const name = `chaos-${number}`;
  const proxy = await startProxy(PORTS.proxy(number), server.ports.mariadb);
  const overrides = (all: Record<string, string>) =>
    Object.entries({
      DatabaseDSN: `DBI:${IS_POSTGRES ? 'Pg:dbname' : 'mysql:database'}=${server.database.database};host=127.0.0.1;port=${proxy.port}`,
      'WebUserAgent::Timeout': '4',
      ...all,
    })
      .map(([key, value]) => `    $Self->{'${key}'} = '${value}';\n`)
      .join('');
  const marked = (all: Record<string, string>) => `#chaos\n${overrides(all)}#chaos\n`;
  const helpdesk = brokenHelpdesk({ config: marked(settings) });
  const of: Instance = { ...server, home: helpdesk.home, ports: { ...server.ports } };
  const state = path.join(options.states ?? path.join(of.dir, 'state'), name);
  rmSync(state, { recursive: true, force: true });
  rmSync(logFile(of, name), { force: true });

  const start = (more: SidecarStart = {}) =>
    startSidecar(of, {
      name,
      port: PORTS.sidecar(number),
      compiled: process.env.CHAOS_COMPILED !== undefined,
      ...(options.preload === undefined ? {} : { preload: options.preload }),
      ...(options.around === undefined ? {} : { around: options.around }),
      ...more,
      env: { SIDECAR_STATE: state, ...options.env, ...more.env },
    });
  return {
    number,
    name,
    proxy,
    home: helpdesk.home,
    state,
    /** Changes settings in its helpdesk's Config.pm from now on. */
    configure(changed: Record<string, string>): void {
      const file = path.join(helpdesk.home, 'Kernel/Config.pm');
      const text = readFileSync(file, 'utf8');
      writeFileSync(
        file,
        text.replace(/#chaos\n.*?#chaos\n/s, () => marked({ ...settings, ...changed })),
      );
    },
    url: `http://127.0.0.1:${PORTS.sidecar(number)}`,
    start,
    runs: () => serverRuns(of, name),
    signal: (signal: NodeJS.Signals) => signalServer(of, name, signal),
    stop: (signal: NodeJS.Signals = 'SIGTERM') => stopServer(of, name, signal),
    /** SIGKILL in the middle of whatever it does. */
    async kill(): Promise<void> {
      const hasGone = ledger.noteKill();
      await stopServer(of, name, 'SIGKILL');
      // Its last thread may hold the socket a moment longer.
      await until('its port is free', async () => !(await listens(PORTS.sidecar(number))));
      hasGone();
    },
    log: (): Record<string, unknown>[] =>
      readFileSync(logFile(of, name), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line)),
    async remove(): Promise<void> {
      await stopServer(of, name, 'SIGKILL');
      await proxy.stop();
      helpdesk.remove();
    },
  };
}

export type Sidecar = Awaited<ReturnType<typeof createSidecar>>;
