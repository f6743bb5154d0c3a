import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unpackedProgram } from '../lab/debian-packages.js';
import { labUser } from '../lab/lab-user.js';
import { until } from '../lab/ports.js';
import { lab } from './instance.js';

/** As Debian ships it; what is passed on depends on it. */
const FASTCGI_PARAMS = `fastcgi_param QUERY_STRING $query_string;
fastcgi_param REQUEST_METHOD $request_method;
fastcgi_param CONTENT_TYPE $content_type;
fastcgi_param CONTENT_LENGTH $content_length;
fastcgi_param REQUEST_URI $request_uri;
fastcgi_param SERVER_PROTOCOL $server_protocol;
fastcgi_param HTTPS $https if_not_empty;
fastcgi_param REMOTE_ADDR $remote_addr;
fastcgi_param SERVER_PORT $server_port;
fastcgi_param SERVER_NAME $server_name;
`;

/**
 * Lays nginx out as Debian does, below another root, with a command `nginx` that works there.
 * @param servers server blocks of the helpdesk
 */
export async function layOutNginx(root: string, servers: string): Promise<void> {
  const program = path.join(await unpackedProgram(lab.cache, 'nginx'), 'usr/sbin/nginx');
  for (const folder of ['conf.d', 'sites-available', 'sites-enabled'])
    mkdirSync(path.join(root, 'etc/nginx', folder), { recursive: true });
  for (const folder of ['bin', 'run']) mkdirSync(path.join(root, folder), { recursive: true });
  const write = (file: string, text: string) => writeFileSync(path.join(root, file), text);
  const { name, prefix } = labUser();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (each) => `${each}_temp_path ${root}/run/${each};`,
  );
  write(
    'etc/nginx/nginx.conf',
    `${prefix.length > 0 ? `user ${name};` : ''}
pid ${root}/run/nginx.pid;
error_log ${root}/run/error.log;
events {}
http {
  access_log off; ${temporary.join(' ')}
  include conf.d/*.conf;
  include sites-enabled/*;
}
`,
  );
  write('etc/nginx/fastcgi_params', FASTCGI_PARAMS);
  write('etc/nginx/sites-available/znuny', servers);
  symlinkSync('../sites-available/znuny', path.join(root, 'etc/nginx/sites-enabled/znuny'));
  write(
    'bin/nginx',
    `#!/bin/sh\nexec ${program} -p ${root}/etc/nginx -c ${root}/etc/nginx/nginx.conf "$@"\n`,
  );
  chmodSync(path.join(root, 'bin/nginx'), 0o755);
}

/**
 * The files of a machine under another root whose only web server is a real nginx, which runs. Like on Debian, its
 * first process runs as root, where the tests do.
 */
export async function nginxMachine(servers: string) {
  const root = mkdtempSync(path.join(tmpdir(), 'machine-nginx-'));
  chmodSync(root, 0o755);
  await layOutNginx(root, servers);
  const at = (file: string) => path.join(root, file);
  const child = spawn(at('bin/nginx'), ['-g', 'daemon off;'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until('nginx', () => existsSync(at('run/nginx.pid')));
  return {
    root,
    env: { PATH: `${at('bin')}:${process.env.PATH}` },
    read: (file: string) => readFileSync(at(file), 'utf8'),
    write: (file: string, text: string) => writeFileSync(at(file), text),
    remove: (file: string) => rmSync(at(file)),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export type NginxMachine = Awaited<ReturnType<typeof nginxMachine>>;
