import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { unpackedProgram } from '../lab/debian-packages.js';
import { giveToLabUser, labUser } from '../lab/lab-user.js';
import { lab } from './instance.js';

/**
 * Starts nginx as the lab's user.
 * @param servers the content of its `http` block
 * @param files for a folder of its own, whose path `servers` receives
 */
export async function startNginx(
  servers: (folder: string) => string,
  files: Record<string, string | Buffer>,
): Promise<{ folder: string; stop(): Promise<void> }> {
  const command = path.join(await unpackedProgram(lab.cache, 'nginx'), 'usr/sbin/nginx');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const main = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off; ${temporary.join(' ')}
${servers(folder)}
}
`;
  for (const [name, content] of Object.entries({ ...files, 'nginx.conf': main })) {
    writeFileSync(path.join(folder, name), content);
    giveToLabUser(path.join(folder, name));
  }
  giveToLabUser(folder);
  const [first = '', ...words] = [...labUser().prefix, command, '-p', folder];
  const child = spawn(first, [...words, '-c', path.join(folder, 'nginx.conf')], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  return {
    folder,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
