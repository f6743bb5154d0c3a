import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { unpackedProgram } from '../lab/debian-packages.js';
import { giveToLabUser, labUser } from '../lab/lab-user.js';
import { lab } from './instance.js';

/** Libraries that a server with only the lab's packages may lack. */
const LIBRARIES = ['liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'];

/**
 * Starts Debian's haproxy as the lab's user.
 * @param sections its front ends and back ends
 */
export async function startHaproxy(sections: string): Promise<{ stop(): Promise<void> }> {
  const root = await unpackedProgram(lab.cache, 'haproxy', LIBRARIES);
  const libraries = path.join(root, 'usr/lib');
  const [machine = ''] = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-haproxy-'));
  const file = path.join(folder, 'haproxy.cfg');
  writeFileSync(file, sections);
  for (const each of [folder, file]) giveToLabUser(each);
  const program = ['env', `LD_LIBRARY_PATH=${path.join(libraries, machine)}`, `${root}/usr/sbin/haproxy`];
  const [first = '', ...words] = [...labUser().prefix, ...program, '-db', '-f', file];
  const child = spawn(first, words, { stdio: 'inherit' });
  const ended = once(child, 'exit');
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
