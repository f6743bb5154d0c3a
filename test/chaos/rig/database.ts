import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  createDatabase,
  databaseServer,
  sql,
  startDatabase,
  stopDatabase,
} from '../../lab/database-server.js';
import { schemaFile } from '../../lab/golden.js';
import type { Instance } from '../../lab/instance.js';
import { giveToLabUser } from '../../lab/lab-user.js';
import { listens, until } from '../../lab/ports.js';
import { serverPid, signalServer } from '../../lab/servers.js';
import { prepareSidecarUser } from '../../lab/sidecar-user.js';
import { childProcesses } from '../../support/child-processes.js';
import { IS_POSTGRES } from '../../support/database.js';
import { lab } from '../../support/instance.js';
import { inWordsOf } from '../../support/words-of-sql.js';
import { PORTS } from './ports.js';

/** A server of the rig's own, which may be killed: committed changes survive that, unless the fault says otherwise. */
const SETTINGS = IS_POSTGRES
  ? ['--synchronous_commit=on', '--max_connections=60']
  : ['--innodb-flush-log-at-trx-commit=2', '--max-connections=60'];

const of: Instance = {
  ...lab,
  dir: path.join(lab.dir, 'chaos'),
  ports: { ...lab.ports, mariadb: PORTS.mariadb },
  database: { ...lab.database, port: PORTS.mariadb },
};
const NAME = databaseServer(of);

/** A process that has ended, even if nobody has asked for its end yet, runs no program. */
const hasEnded = (pid: number): boolean => !existsSync(`/proc/${pid}/exe`);

/** PostgreSQL runs each connection in a process of its own, which no signal to the server reaches. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}

/** How a fault acts on the database, and how the rig reads it without any proxy. */
export function createChaosDatabase(server: Instance = of) {
  const query = (statements: string) =>
    sql(server, inWordsOf(IS_POSTGRES, statements), server.database.database);
  const children = () => childProcesses(serverPid(server, NAME) ?? 0);
  async function stop(signal?: NodeJS.Signals): Promise<void> {
    const others = children();
    const ending = stopDatabase(server, signal);
    if (signal === 'SIGKILL') signalAll(others, signal);
    await ending;
    // Its last thread may hold the socket a moment longer.
    await until('its port is free', async () => !(await listens(server.ports.mariadb)));
    await until('its processes have ended', () => others.every(hasEnded));
  }
  return {
    server,
    /** An empty database with the genuine helpdesk's schema and a user with the sidecar's rights. */
    async create(): Promise<void> {
      if (server === of) {
        await stop('SIGKILL');
        rmSync(path.join(of.dir, NAME), { recursive: true, force: true });
        mkdirSync(of.dir, { recursive: true });
        giveToLabUser(of.dir);
        await startDatabase(of, SETTINGS);
      }
      await createDatabase(server, server.database.database);
      await sql(server, readFileSync(schemaFile(lab)), server.database.database);
      await prepareSidecarUser(server);
    },
    start: (more: string[] = []) => startDatabase(server, [...SETTINGS, ...more]),
    stop,
    signal(signal: NodeJS.Signals): void {
      signalServer(server, NAME, signal);
      signalAll(children(), signal);
    },
    /** Runs statements as the server's administrator. Dates are written as for MariaDB. */
    query,
    rows: async (statement: string): Promise<string[][]> =>
      (await query(statement))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t')),
  };
}

export type ChaosDatabase = ReturnType<typeof createChaosDatabase>;
