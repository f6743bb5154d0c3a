import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { schemaFile } from '../lab/golden.js';
import { until } from '../lab/ports.js';
import type { BootedMachine } from './booted-machine.js';
import { lab } from './instance.js';

export const HOME = '/opt/znuny';
const PASSWORD = 'helpdesk-of-the-machine';
export const isOnPostgres = lab.database.family === 'postgres';
/** What every database of a helpdesk on MariaDB has. */
const CHARACTERS = 'CHARACTER SET utf8mb3';
/** Of the server itself, for statements that need none of the helpdesk's. */
const OF_SERVER = isOnPostgres ? 'postgres' : 'mysql';

/**
 * Runs SQL as the superuser of Debian's database server, who signs in by being that user of the machine.
 * @returns the rows, without a head
 */
export const runSql = (
  machine: BootedMachine,
  statements: string,
  database: string = OF_SERVER,
): Promise<string> =>
  machine.sh(
    isOnPostgres
      ? `cd /; su postgres -c 'psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 ${database}'`
      : `mariadb --skip-column-names --max-allowed-packet=64M ${database}`,
    statements,
  );

/** Creates an empty database that the helpdesk's user may use. */
const createDatabase = (machine: BootedMachine, name: string): Promise<string> =>
  runSql(
    machine,
    isOnPostgres
      ? `CREATE DATABASE ${name} OWNER znuny ENCODING 'UTF8' TEMPLATE template0;`
      : `CREATE DATABASE ${name} ${CHARACTERS}; GRANT ALL ON ${name}.* TO znuny@localhost;`,
  );

/** Takes everything out of the helpdesk's database, before a restore. */
export async function emptyDatabase(machine: BootedMachine): Promise<void> {
  await runSql(machine, `DROP DATABASE znuny${isOnPostgres ? ' WITH (FORCE)' : ''};`);
  await createDatabase(machine, 'znuny');
}

/** Makes the database server forget a user of the sidecar, as after a restore into another one. */
export const forgetUser = (machine: BootedMachine, user: string): Promise<string> =>
  isOnPostgres
    ? runSql(machine, `DROP OWNED BY ${user}; DROP ROLE ${user};`, 'znuny')
    : runSql(machine, `DROP USER ${user}@localhost`);

/** What the server answers a user with this password who wants to read the tokens of a database. */
export const readTokens = async (
  machine: BootedMachine,
  database: string,
  { user, password }: { user: string; password: string },
): Promise<string> => {
  const statement = 'SELECT token FROM oauth2_token';
  const { text } = isOnPostgres
    ? await machine.run('psql', [`--username=${user}`, '--host=127.0.0.1', database, '-c', statement], {
        env: { PGPASSWORD: password },
      })
    : await machine.run('mariadb', [`--user=${user}`, database, '-e', statement], {
        env: { MYSQL_PWD: password },
      });
  return text;
};

/** Debian's database server of the lab's family, with the helpdesk's database. */
async function putDatabase(machine: BootedMachine): Promise<void> {
  const schema = readFileSync(schemaFile(lab), 'utf8');
  if (isOnPostgres) {
    await machine.sh(
      `[ -d /etc/postgresql/15/main ] || pg_createcluster 15 main
       systemctl enable --now postgresql postgresql@15-main 2> /dev/null
       timeout 60 sh -c 'until pg_isready --quiet; do sleep 0.2; done'`,
    );
    await runSql(machine, `CREATE ROLE znuny LOGIN PASSWORD '${PASSWORD}';`);
    await createDatabase(machine, 'znuny');
    await runSql(machine, schema.replaceAll(/ OWNER TO \w+;/g, ' OWNER TO znuny;'), 'znuny');
    return;
  }
  machine.write('/etc/mysql/mariadb.conf.d/90-znuny.cnf', '[mysqld]\nmax_allowed_packet = 64M\n');
  await machine.sh(
    `[ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql > /dev/null
     systemctl enable --now mariadb 2> /dev/null`,
  );
  await runSql(machine, `CREATE USER znuny@localhost IDENTIFIED BY '${PASSWORD}'`);
  await createDatabase(machine, 'znuny');
  await runSql(machine, schema, 'znuny');
}

/** Database users and tables of the sidecar, a line each. */
export const tracesInDatabase = async (machine: BootedMachine, database = 'znuny'): Promise<string[]> =>
  (
    await runSql(
      machine,
      isOnPostgres
        ? `SELECT rolname FROM pg_roles WHERE rolname LIKE 'oauth2%'
           UNION ALL SELECT tablename FROM pg_tables WHERE tablename LIKE 'oauth2!_sidecar%' ESCAPE '!';`
        : "SELECT User FROM mysql.user WHERE User LIKE 'oauth2%'; SHOW TABLES LIKE 'oauth2\\_sidecar%'",
      database,
    )
  )
    .split('\n')
    .filter(Boolean);

/**
 * The genuine helpdesk at /opt/znuny of a booted machine, without our add-on, on Debian's database server of the lab's
 * family, as an admin sets it up. The web server is left to the caller. Node is installed as from nodejs.org.
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
  await putDatabase(machine);
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
export async function putSecondHelpdesk(machine: BootedMachine, name: string): Promise<void> {
  await machine.sh(
    `cp -a ${HOME} ${SECOND}
     cd ${SECOND}
     grep -rlF '${HOME}' Kernel/Config.pm bin/cgi-bin scripts | xargs sed -i 's|${HOME}|${SECOND}|g'
     sed -i "s/{Database} *= '[^']*'/{Database} = 'second'/; s/'localhost';/'${name}';/" Kernel/Config.pm
     rm -rf var/tmp/CacheFileStorable
     (echo 'PerlOptions +Parent'; sed 's|${HOME}|${SECOND}|g' /etc/apache2/conf-available/zzz_znuny.conf) > scripts/apache.conf
     printf '<VirtualHost *:80>\\nServerName ${name}\\nInclude ${SECOND}/scripts/apache.conf\\n</VirtualHost>\\n' \\
       > /etc/apache2/sites-available/second.conf
     a2ensite -q second
     echo 127.0.0.1 ${name} >> /etc/hosts`,
  );
  await createDatabase(machine, 'second');
  await machine.sh(
    `${
      isOnPostgres
        ? "cd /; su postgres -c 'pg_dump znuny | psql --quiet --set=ON_ERROR_STOP=1 second' > /dev/null"
        : 'mariadb-dump --single-transaction znuny | mariadb second'
    }
     systemctl restart apache2`,
  );
}

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
  const users = await machine.sh('grep znuny-oauth2 /etc/passwd /etc/group || true');
  return [...files, ...users.split('\n').filter(Boolean), ...(await tracesInDatabase(machine))];
}
