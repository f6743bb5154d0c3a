import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { schemaFile } from '../../lab/golden.js';
import type { Instance } from '../../lab/instance.js';
import { giveToLabUser } from '../../lab/lab-user.js';
import { createDatabase, sql, startMariadb } from '../../lab/mariadb.js';
import { listens, until } from '../../lab/ports.js';
import { signalServer, stopServer } from '../../lab/servers.js';
import { prepareSidecarUser } from '../../lab/sidecar-user.js';
import { lab } from '../../support/instance.js';
import { PORTS } from './ports.js';

/** A MariaDB of the rig's own, which may be killed: committed changes survive that, unless the fault says otherwise. */
const SETTINGS = ['--innodb-flush-log-at-trx-commit=2', '--max-connections=60'];

const of: Instance = {
  ...lab,
  dir: path.join(lab.dir, 'chaos'),
  ports: { ...lab.ports, mariadb: PORTS.mariadb },
  database: { ...lab.database, port: PORTS.mariadb },
};

/** How a fault acts on the database, and how the rig reads it without any proxy. */
export function createChaosDatabase(server: Instance = of) {
  const query = (statements: string) => sql(server, statements, server.database.database);
  return {
    server,
    /** An empty database with the genuine helpdesk's schema and a user with the sidecar's rights. */
    async create(): Promise<void> {
      if (server === of) {
        await stopServer(of, 'mariadb', 'SIGKILL');
        await until('its port is free', async () => !(await listens(of.ports.mariadb)));
        rmSync(path.join(of.dir, 'mariadb'), { recursive: true, force: true });
        mkdirSync(of.dir, { recursive: true });
        giveToLabUser(of.dir);
        await startMariadb(of, SETTINGS);
      }
      await createDatabase(server, server.database.database);
      await sql(server, readFileSync(schemaFile(lab)), server.database.database);
      await prepareSidecarUser(server);
    },
    start: (more: string[] = []) => startMariadb(server, [...SETTINGS, ...more]),
    async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
      await stopServer(server, 'mariadb', signal);
      // Its last thread may hold the socket a moment longer.
      await until('its port is free', async () => !(await listens(server.ports.mariadb)));
    },
    signal: (signal: NodeJS.Signals) => signalServer(server, 'mariadb', signal),
    /** Runs statements as the server's root. */
    query,
    rows: async (statement: string): Promise<string[][]> =>
      (await query(statement))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t')),
  };
}

export type ChaosDatabase = ReturnType<typeof createChaosDatabase>;
