import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { downloadPackages } from '../lab/debian-packages.js';
import { exec } from '../lab/exec.js';
import { giveToLabUser, labUser } from '../lab/lab-user.js';
import { lab } from './instance.js';

/** Debian's nginx, unpacked and not installed. */
async function program(): Promise<string> {
  const unpacked = path.join(lab.cache, 'nginx');
  const file = path.join(unpacked, 'usr/sbin/nginx');
  if (existsSync(file)) return file;
  const debs = path.join(lab.cache, 'nginx-debs');
  await downloadPackages(debs, { suite: 'bookworm', component: 'main', name: 'nginx' });
  mkdirSync(unpacked, { recursive: true });
  for (const deb of readdirSync(debs)) await exec('dpkg-deb', ['-x', path.join(debs, deb), unpacked]);
  rmSync(debs, { recursive: true });
  return file;
}

/**
 * Starts nginx as the lab's user.
 * @param servers what stands in its `http` block
 * @param files for a folder of its own, which `servers` gets the path of
 */
export async function startNginx(
  servers: (folder: string) => string,
  files: Record<string, string | Buffer>,
): Promise<{ folder: string; stop(): Promise<void> }> {
  const command = await program();
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
