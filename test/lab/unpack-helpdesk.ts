import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createDatabase, sql } from './database-server.js';
import { exec } from './exec.js';
import { type Instance, ROOT } from './instance.js';
import { labUser } from './lab-user.js';

/** The folder in which Debian's package expects to be; replaced by the real folder. */
const PACKAGED_HOMES = /(?:\/usr\/share\/otrs|\/opt\/otrs|\/opt\/znuny)(?=[/"'])/g;

/** Unpacks the package (it is never installed) into the instance's home and adapts the files to it. */
export async function unpackHelpdesk(of: Instance, deb: string): Promise<void> {
  const { home } = of;
  const raw = path.join(of.dir, 'unpacked');
  for (const dir of [home, raw]) rmSync(dir, { recursive: true, force: true });
  mkdirSync(raw, { recursive: true });
  await exec('dpkg-deb', ['-x', deb, raw]);
  await exec('mv', [path.join(raw, 'usr/share/otrs'), home]);
  // The package links these out of its home, to folders that the lab must not touch.
  for (const link of [
    'var',
    'Kernel/Config/Files',
    'Kernel/Config/Backups',
    'Kernel/Config.pm',
    'Kernel/Config/GenericAgent.pm',
  ])
    rmSync(path.join(home, link), { force: true });
  await exec('mv', [path.join(raw, 'var/lib/otrs'), path.join(home, 'var')]);
  for (const link of ['spool', 'run']) rmSync(path.join(home, 'var', link), { force: true });
  for (const dir of ['spool', 'run', 'tmp', 'log', 'sessions', 'article', 'Config/Backups'])
    mkdirSync(path.join(home, 'var', dir), { recursive: true });
  for (const dir of ['Kernel/Config/Backups', 'Custom']) mkdirSync(path.join(home, dir), { recursive: true });
  cpSync(path.join(home, 'var/Config/Files'), path.join(home, 'Kernel/Config/Files'), { recursive: true });
  const agent = path.join(raw, 'etc/otrs/Kernel/Config/GenericAgent.pm');
  if (existsSync(agent)) cpSync(agent, path.join(home, 'Kernel/Config/GenericAgent.pm'));
  relocate(of, PACKAGED_HOMES);
  cpSync(path.join(ROOT, 'test/lab/perl'), path.join(home, 'Custom'), { recursive: true });
  await loadSchema(of, raw);
  rmSync(raw, { recursive: true, force: true });
  if (labUser().prefix.length > 0) await exec('chown', ['-R', `${labUser().name}:${labUser().group}`, home]);
}

/** Adapts the files to the instance. @param homes the folder that they name so far */
export function relocate(of: Instance, homes: RegExp | string): void {
  const { home } = of;
  const scripts = readdirSync(path.join(home, 'bin/cgi-bin')).map((name) => path.join('bin/cgi-bin', name));
  for (const file of ['scripts/apache2-perl-startup.pl', ...scripts]) {
    const where = path.join(home, file);
    writeFileSync(where, readFileSync(where, 'utf8').replaceAll(homes, home));
  }
  writeFileSync(path.join(home, 'Kernel/Config.pm'), configPm(of));
}

async function loadSchema(of: Instance, raw: string): Promise<void> {
  const { database } = of.database;
  const scripts = path.join(of.home, 'scripts/database');
  const isPostgres = of.database.family === 'postgres';
  const debian = path.join(
    raw,
    'usr/share/dbconfig-common/data/otrs2/install',
    isPostgres ? 'pgsql' : 'mysql',
  );
  const own = ['schema', 'initial_insert', 'schema-post'].map((part) =>
    path.join(scripts, `${part}.${isPostgres ? 'postgresql' : 'mysql'}.sql`),
  );
  const files = own.every((file) => existsSync(file)) ? own : [debian];
  await createDatabase(of, database);
  // As the helpdesk's user, who owns them.
  const before = isPostgres ? `SET SESSION AUTHORIZATION ${of.database.user};\n` : '';
  for (const file of files) await sql(of, before + readFileSync(file, 'utf8'), database);
}

/** The file that an installed helpdesk has, in the same form: the sidecar gets its credentials from here. */
function configPm(of: Instance): string {
  const { family, host, port, user, password, database } = of.database;
  const driver = family === 'postgres' ? 'Pg:dbname' : 'mysql:database';
  return `package Kernel::Config;

use strict;
use warnings;
use utf8;

sub Load {
    my $Self = shift;

    $Self->{DatabaseHost} = '${host}';
    $Self->{Database}     = '${database}';
    $Self->{DatabaseUser} = '${user}';
    $Self->{DatabasePw}   = '${password}';
    $Self->{DatabaseDSN}  = "DBI:${driver}=$Self->{Database};host=$Self->{DatabaseHost};port=${port}";

    $Self->{Home}       = '${of.home}';
    $Self->{SecureMode} = 1;
    # Tests log in more often than people do.
    $Self->{AgentSessionLimit}        = 0;
    $Self->{AgentSessionPerUserLimit} = 0;

    return 1;
}

use Kernel::Config::Defaults;
use parent qw(Kernel::Config::Defaults);

1;
`;
}
