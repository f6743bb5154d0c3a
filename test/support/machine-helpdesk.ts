import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { schemaFile } from '../lab/golden.js';
import { until } from '../lab/ports.js';
import type { BootedMachine } from './booted-machine.js';
import { lab } from './instance.js';

export const HOME = '/opt/znuny';
const PASSWORD = 'helpdesk-of-the-machine';

/**
 * The genuine helpdesk at /opt/znuny of a booted machine, without our add-on, on Debian's MariaDB (whose root connects
 * by the socket), as an admin sets it up. The web server is left to the caller. Node is installed as from nodejs.org.
 * @param user owner of its files
 * @param group of the web server
 */
export async function putHelpdesk(machine: BootedMachine, user: string, group: string): Promise<void> {
  await exec('cp', [process.execPath, machine.at('/usr/local/bin/node')]);
  await exec('cp', ['-a', path.join(lab.dir, 'golden', path.basename(lab.home)), machine.at(HOME)]);
  const config = `${HOME}/Kernel/Config.pm`;
  const set = (text: string, [name, value]: [string, string]) =>
    text.replace(new RegExp(`\\{${name}\\} *= '[^']*'`), `{${name}} = '${value}'`);
  const values: [string, string][] = [
    ['Database', 'znuny'],
    ['DatabaseUser', 'znuny'],
    ['DatabasePw', PASSWORD],
  ];
  machine.write(
    config,
    values
      .reduce(set, readFileSync(machine.at(config), 'utf8'))
      .replace(/;port=\d+/, '')
      .replace('return 1;', "$Self->{FQDN} = 'localhost';\n    return 1;"),
  );
  await machine.sh(
    `cd ${HOME}
     grep -rlF '${lab.home}' Kernel/Config.pm bin/cgi-bin scripts | xargs sed -i 's|${lab.home}|${HOME}|g'
     rm -rf var/tmp/CacheFileStorable
     perl bin/otrs.SetPermissions.pl --otrs-user=${user} --web-group=${group} > /dev/null`,
  );
  machine.write('/etc/mysql/mariadb.conf.d/90-znuny.cnf', '[mysqld]\nmax_allowed_packet = 64M\n');
  await machine.sh(
    `[ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql > /dev/null
     systemctl enable --now mariadb 2> /dev/null
     mariadb --max-allowed-packet=64M`,
    `CREATE DATABASE znuny CHARACTER SET utf8mb3;
     CREATE USER znuny@localhost IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON znuny.* TO znuny@localhost;
     USE znuny;
     ${readFileSync(schemaFile(lab), 'utf8')}`,
  );
  await console(machine, 'Admin::Package::Uninstall OAuth2Sidecar');
}

/** Runs the helpdesk's own console as the owner of its files. */
export const console = (machine: BootedMachine, words: string, home = HOME): Promise<string> =>
  asOwner(machine, `${home}/bin/otrs.Console.pl ${words}`);

/** Runs a command as the owner of the helpdesk's files. */
export const asOwner = (machine: BootedMachine, line: string): Promise<string> =>
  machine.sh(`su -s /bin/sh -c '${line}' "$(stat -c %U ${HOME}/bin/otrs.Console.pl)"`);

/** Debian's Apache with mod_perl in front of it, as the helpdesk's manual describes it. */
export const putApache = (machine: BootedMachine): Promise<string> =>
  machine.sh(
    `sed 's|/usr/share/otrs|${HOME}|g' ${HOME}/scripts/apache2-httpd.include.conf > /etc/apache2/conf-available/zzz_znuny.conf
     a2dismod -q mpm_event; a2enmod -q mpm_prefork perl headers deflate filter; a2enconf -q zzz_znuny
     systemctl enable --now apache2 2> /dev/null`,
  );

export const SECOND = '/opt/otrs';

/**
 * A second helpdesk at /opt/otrs, in a virtual host of the same Apache, as its manual says: each has an interpreter of
 * its own, because two helpdesks in one would mix their modules.
 * @param name the host name of the virtual host
 */
export const putSecondHelpdesk = (machine: BootedMachine, name: string): Promise<string> =>
  machine.sh(
    `cp -a ${HOME} ${SECOND}
     cd ${SECOND}
     grep -rlF '${HOME}' Kernel/Config.pm bin/cgi-bin scripts | xargs sed -i 's|${HOME}|${SECOND}|g'
     sed -i "s/{Database} *= '[^']*'/{Database} = 'second'/; s/'localhost';/'${name}';/" Kernel/Config.pm
     rm -rf var/tmp/CacheFileStorable
     (echo 'PerlOptions +Parent'; sed 's|${HOME}|${SECOND}|g' /etc/apache2/conf-available/zzz_znuny.conf) > scripts/apache.conf
     printf '<VirtualHost *:80>\\nServerName ${name}\\nInclude ${SECOND}/scripts/apache.conf\\n</VirtualHost>\\n' \\
       > /etc/apache2/sites-available/second.conf
     a2ensite -q second
     echo 127.0.0.1 ${name} >> /etc/hosts
     mariadb -e "CREATE DATABASE second CHARACTER SET utf8mb3; GRANT ALL ON second.* TO znuny@localhost"
     mariadb-dump --single-transaction znuny | mariadb second
     systemctl restart apache2`,
  );

/** The answer at an address of the machine; '' where nobody answers. */
export const get = async (machine: BootedMachine, url: string): Promise<string> =>
  (
    await machine.run('node', [
      '-e',
      'fetch(process.argv[1]).then((answer) => answer.text()).then((text) => process.stdout.write(text), () => {})',
      url,
    ])
  ).text.trim();

/** Waits for the sidecar. */
export const ready = (machine: BootedMachine, port = 18270): Promise<void> =>
  until('the sidecar', async () => (await get(machine, `http://127.0.0.1:${port}/readyz`)) === 'ready');

/**
 * Logs in through the machine's web server, as a browser would. A process of the web server that answers for the first
 * time may take longer than the sidecar waits for the frame, so the overview is requested more than once.
 * @param name the host name of the helpdesk
 * @param marker a text to look for
 * @returns the text of the overview of token configurations
 */
export async function visit(
  machine: BootedMachine,
  name = 'localhost',
  marker?: string,
): Promise<{ status: number; isOurs: boolean; isInFrame: boolean; isMarked?: boolean }> {
  const text = await machine.sh(
    'node --input-type=module -',
    `const url = 'http://${name}/otrs/index.pl';
     const body = new URLSearchParams({ Action: 'Login', User: 'oauthadmin', Password: 'oauthadmin' });
     const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' });
     const cookie = answer.headers.getSetCookie().map((text) => text.split(';')[0]).join('; ');
     const look = async () => {
       const page = await fetch(url + '?Action=AdminOAuth2TokenManagement', { headers: { cookie }, redirect: 'manual' });
       const text = await page.text();
       return {
         status: page.status,
         isOurs: page.headers.get('referrer-policy') === 'no-referrer',
         isInFrame: text.includes('id="NavigationContainer"'),
         ${marker === undefined ? '' : `isMarked: text.includes(${JSON.stringify(marker)}),`}
       };
     };
     let seen = await look();
     for (let again = 0; again < 20 && seen.isOurs && !seen.isInFrame; again++) seen = await look();
     console.log(JSON.stringify(seen));`,
  );
  return JSON.parse(text);
}

/** Every file, folder, user, group and table of the machine that belongs to the sidecar. */
export async function tracesOf(machine: BootedMachine): Promise<string[]> {
  const files = await machine.changed(
    ...['(', '-iname', '*oauth2*sidecar*', '-o', '-iname', '*znuny-oauth2*', ')'],
    // Left over from before and read by nobody: systemd's state, and dpkg's log.
    ...['-not', '-path', '*/var/lib/systemd/*', '-not', '-path', '*/var/log/*'],
  );
  const others = await machine.sh(
    `grep znuny-oauth2 /etc/passwd /etc/group || true
     mariadb -N -e "SELECT User FROM mysql.user WHERE User LIKE 'oauth2%'; SHOW TABLES FROM znuny LIKE 'oauth2\\_sidecar%'"`,
  );
  return [...files, ...others.split('\n').filter(Boolean)];
}
