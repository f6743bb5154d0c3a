import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { unpackedProgram } from '../lab/debian-packages.js';
import { giveToLabUser, labUser } from '../lab/lab-user.js';
import { freePort, listens, until } from '../lab/ports.js';
import { lab } from './instance.js';

interface Pgbouncer {
  port: number;
  /** New connections go to the server at another port, as after a failover. */
  lead(target: number): void;
  stop(): Promise<void>;
}

/** Libraries that a machine with only the lab's packages may lack. */
const LIBRARIES = ['libevent-2.1-7', 'libc-ares2'];

/**
 * Starts Debian's PgBouncer in transaction mode: each transaction gets any of a few connections to the server.
 * @param target the server's port on this machine
 * @param users name -> password
 * @param connections to the server, for each database and user
 */
export async function startPgbouncer(
  target: number,
  users: Record<string, string>,
  connections: number,
): Promise<Pgbouncer> {
  const root = await unpackedProgram(lab.cache, 'pgbouncer', LIBRARIES);
  const libraries = path.join(root, 'usr/lib');
  const [machine = ''] = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-pgbouncer-'));
  const port = await freePort();
  const settings = (to: number) => `[databases]
* = host=127.0.0.1 port=${to}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder}/users.txt
pool_mode = transaction
default_pool_size = ${connections}
`;
  const passwords = Object.entries(users).map(([name, password]) => `"${name}" "${password}"\n`);
  const put = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    giveToLabUser(file);
  };
  put('users.txt', passwords.join(''));
  put('pgbouncer.ini', settings(target));
  giveToLabUser(folder);
  const program = ['env', `LD_LIBRARY_PATH=${path.join(libraries, machine)}`, `${root}/usr/sbin/pgbouncer`];
  const [first = '', ...words] = [...labUser().prefix, ...program, '-q', path.join(folder, 'pgbouncer.ini')];
  const child = spawn(first, words, { stdio: 'inherit' });
  const ended = once(child, 'exit');
  await until('PgBouncer', () => listens(port));
  return {
    port,
    lead(to) {
      put('pgbouncer.ini', settings(to));
      child.kill('SIGHUP');
    },
    async stop() {
      // At SIGTERM it waits for its clients.
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
