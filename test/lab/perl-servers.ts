import { readdirSync } from 'node:fs';
import path from 'node:path';
import { unpackedProgram } from './debian-packages.js';
import type { Instance } from './instance.js';
import { startServer } from './servers.js';

/**
 * How the helpdesk's Perl runs behind an nginx: the application that it ships for PSGI servers, in starman; or each
 * script as a CGI program, by fcgiwrap.
 */
export type PerlServer = 'PSGI' | 'FastCGI';

/** Starts it under the name of its kind. */
export async function startPerlServer(of: Instance, kind: PerlServer, port: number): Promise<void> {
  if (kind === 'PSGI') {
    await startServer(of, kind, {
      port,
      command: '/usr/bin/plackup',
      args: [
        ...['-s', 'Starman', '--workers', '3', '--listen', `127.0.0.1:${port}`, '-E', 'deployment'],
        // So that the helpdesk sees the browser's address, which nginx sends.
        ...['-e', 'enable "ReverseProxy"'],
        path.join(of.home, 'bin/cgi-bin/app.psgi'),
      ],
    });
    return;
  }
  const root = await unpackedProgram(of.cache, 'fcgiwrap', ['libfcgi0ldbl']);
  const libraries = path.join(root, 'usr/lib');
  const [machine = ''] = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
  await startServer(of, kind, {
    port,
    // Ended alone, it leaves its children behind; its group is its own.
    command: '/bin/sh',
    args: [
      ...['-c', 'trap "trap - TERM; kill 0" TERM; "$0" "$@" & wait'],
      path.join(root, 'usr/sbin/fcgiwrap'),
      ...['-c', '4', '-f', '-s', `tcp:127.0.0.1:${port}`],
    ],
    env: { LD_LIBRARY_PATH: path.join(libraries, machine) },
  });
}

/** The locations of the helpdesk in nginx's server block. */
export const helpdeskLocations = ({ home }: Instance, kind: PerlServer, port: number): string =>
  `  location /otrs-web/ { alias ${home}/var/httpd/htdocs/; }
${
  kind === 'PSGI'
    ? `  location /otrs/ {
    proxy_pass http://127.0.0.1:${port};
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
  }`
    : `  location ~ ^/otrs/([\\w-]+\\.pl)(/.*)?$ {
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME ${home}/bin/cgi-bin/$1;
    fastcgi_param SCRIPT_NAME /otrs/$1;
    fastcgi_param PATH_INFO $2;
    fastcgi_pass 127.0.0.1:${port};
  }`
}
`;
