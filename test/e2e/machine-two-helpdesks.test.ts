import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../lab/instance.js';
import { type BootedMachine, bootMachine, describeMachine } from '../support/booted-machine.js';
import { builtPackages } from '../support/built-packages.js';
import {
  asOwner,
  emptyDatabase,
  forgetUser,
  HOME,
  console as helpdeskConsole,
  isOnPostgres,
  putApache,
  putHelpdesk,
  putSecondHelpdesk,
  readTokens,
  ready,
  runSql,
  SECOND,
  tracesInDatabase,
  tracesOf,
  visit,
} from '../support/machine-helpdesk.js';

const WELL = { status: 200, isOurs: true, isInFrame: true, isMarked: true };

/** Two helpdesks of one Apache with the same ScriptAlias, each in its virtual host: docs/install.md. */
describeMachine('two helpdesks on one Debian machine, and the backup of one', function () {
  this.timeout(300_000);
  let machine: BootedMachine;
  before(async () => {
    const built = await builtPackages();
    machine = await bootMachine();
    await putHelpdesk(machine, 'www-data', 'www-data');
    await putApache(machine);
    await putSecondHelpdesk(machine, 'second.localhost');
    copyFileSync(await built.deb(built.version), machine.at('/root/sidecar.deb'));
    await machine.sh('apt-get install -y ./sidecar.deb');
    for (const [database, name] of [
      ['znuny', 'First mailbox'],
      ['second', 'Second mailbox'],
    ] as const)
      await runSql(machine, configuration(name), database);
  });
  after(() => machine?.remove());

  const configuration = (name: string): string =>
    `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('${name}', '{"ClientID":"id","ClientSecret":"secret","Scope":"mail","Requests":{"TokenByRefreshToken":{"Request":{"URL":"http://127.0.0.1:9/token"}}}}', 1, NOW(), 1, NOW(), 1);
     INSERT INTO oauth2_token (token_config_id, token, token_expiration_date, refresh_token, create_time, create_by, change_time, change_by)
       SELECT id, 'of that day', NOW() + INTERVAL '50' MINUTE, 'refresh', NOW(), 1, NOW(), 1 FROM oauth2_token_config`;
  const tokens = (database: string) => runSql(machine, 'SELECT token FROM oauth2_token', database);
  const install = (...words: string[]) => machine.run('znuny-oauth2', ['install', ...words]);
  const ofSecond = ['--home', SECOND];
  const doctor = async (home: string): Promise<string[]> => {
    const only = ['--only', 'sidecar,callback,address,journal', '--json'];
    const { text } = await machine.run('znuny-oauth2', ['doctor', '--home', home, ...only]);
    return (JSON.parse(text) as { checks: { id: string; result: string }[] }).checks.map(
      ({ id, result }) => `${id}: ${result}`,
    );
  };
  const bothAreWell = async () => {
    expect(await visit(machine, 'localhost', 'First mailbox')).to.deep.equal(WELL);
    expect(await visit(machine, 'second.localhost', 'Second mailbox')).to.deep.equal(WELL);
    for (const home of [HOME, SECOND])
      expect(await doctor(home), home).to.deep.equal([
        'sidecar: ok',
        'callback: ok',
        'address: ok',
        'journal: ok',
      ]);
  };

  it('the second needs a name, a port and host names of its own, and says so before anything is done', async () => {
    expect((await install('--home', HOME)).code).to.equal(0);
    await ready(machine);
    const named = [...ofSecond, '--name', 'second', '--port', '18280'];
    const refused = await install(...named);
    expect(refused.text).to.match(
      /same ScriptAlias[\s\S]*Nothing was changed[\s\S]*--host second\.localhost/,
    );
    expect(refused.code).to.equal(1);
    const include = ['--include', `${SECOND}/scripts/apache.conf`];
    const { code, text } = await install(...named, '--host', 'second.localhost', ...include);
    expect(code, text).to.equal(0);
    await ready(machine, 18280);
    for (const home of [HOME, SECOND])
      expect((await install('--home', home)).text).to.match(/Nothing to do\.$/m);
  });

  it('each has its own screens, callback, internal listener, key and database user', async () => {
    await bothAreWell();
    expect(
      await machine.sh('sha256sum /var/lib/znuny-oauth2*/journal.key | cut -c1-64 | sort -u | wc -l'),
    ).to.equal('2');
    const [, user = '', password = ''] =
      /_USER=(.*)\nSIDECAR_DATABASE_PASSWORD=(.*)/.exec(
        await machine.sh('cat /etc/znuny-oauth2/second.conf'),
      ) ?? [];
    expect(await readTokens(machine, 'znuny', { user, password })).to.match(
      /Access denied|permission denied/,
    );
  });

  it('one goes on when the other stops', async () => {
    await machine.sh('systemctl stop znuny-oauth2');
    expect((await visit(machine, 'localhost')).status).to.equal(503);
    expect(await visit(machine, 'second.localhost', 'Second mailbox')).to.deep.equal(WELL);
    await machine.sh('systemctl start znuny-oauth2');
    await ready(machine);
  });

  it('the doctor names the service of the one that does not answer', async () => {
    const second = 'znuny-oauth2@second';
    await machine.sh(`systemctl stop ${second}.socket ${second}.service`);
    const { text } = await machine.run('znuny-oauth2', ['doctor', ...ofSecond, '--only', 'sidecar']);
    expect(text).to.contain(`systemctl start ${second}`);
    await machine.sh(`systemctl start ${second}`);
    await ready(machine, 18280);
  });

  it("the helpdesk's own backup.pl and restore.pl bring back tokens, tables and add-on, and change nothing else", async () => {
    await machine.sh('install -d -o www-data /backup');
    await asOwner(machine, `${HOME}/scripts/backup.pl -d /backup`);
    const folder = await machine.sh('ls -d /backup/*');
    for (const database of ['znuny', 'second'])
      await runSql(machine, "UPDATE oauth2_token SET token = 'of today'", database);
    await runSql(machine, 'DROP TABLE oauth2_sidecar_event', 'znuny');
    await machine.sh(
      `rm ${HOME}/var/httpd/htdocs/js/OAuth2Sidecar.js
       systemctl stop znuny-oauth2 apache2`,
    );
    await emptyDatabase(machine);
    await asOwner(machine, `${HOME}/scripts/restore.pl -b ${folder} -d ${HOME}`);
    await machine.sh('systemctl start apache2 znuny-oauth2');
    await ready(machine);
    expect(await tokens('znuny')).to.equal('of that day');
    expect(await tokens('second')).to.equal('of today');
    expect((await install('--home', HOME)).text).to.match(/Nothing to do\.$/m);
    await bothAreWell();
  });

  it('after a restore into a database server that does not know the sidecar, "install" creates its user', async () => {
    await machine.sh('systemctl stop znuny-oauth2');
    await forgetUser(machine, 'oauth2_sidecar_znuny');
    expect((await machine.run('znuny-oauth2', ['token', 'list', '--home', HOME])).text).to.match(
      /rejects the user[\s\S]*run "znuny-oauth2 install"/,
    );
    expect((await install('--home', HOME)).text).to.match(
      /create the database user[\s\S]*with the password of the configuration file/,
    );
    await machine.sh('systemctl start znuny-oauth2');
    await ready(machine);
    await bothAreWell();
  });

  it('removing one does not affect the other, and one with host names leaves other requests alone', async () => {
    expect((await install('--home', HOME, '--host', 'localhost,helpdesk.example.com')).code).to.equal(0);
    await bothAreWell();
    expect((await machine.run('znuny-oauth2', ['uninstall', ...ofSecond])).code).to.equal(0);
    expect(await visit(machine, 'localhost', 'First mailbox')).to.deep.equal(WELL);
    expect((await visit(machine, 'second.localhost')).isOurs).to.equal(false);
    expect(await helpdeskConsole(machine, 'Admin::Package::List', SECOND)).to.not.include('OAuth2Sidecar');
    expect(
      await machine.sh('ls -d /etc/znuny-oauth2/* /var/lib/znuny-oauth2* /etc/apache2/conf-enabled/oauth2*'),
    ).to.equal(
      '/etc/apache2/conf-enabled/oauth2-sidecar.conf\n/etc/znuny-oauth2/sidecar.conf\n/var/lib/znuny-oauth2',
    );
    expect(await tracesInDatabase(machine, 'second')).to.deep.equal(['oauth2_sidecar_znuny']);
    expect((await install('--home', HOME)).text).to.match(/Nothing to do\.$/m);
  });

  it('the steps by hand in docs/install.md, for where the program does not run, leave nothing either', async () => {
    const page = readFileSync(path.join(ROOT, 'docs/install.md'), 'utf8');
    const [, commands = ''] = /Without the program[^`]*```sh\n([\s\S]*?)```/.exec(page) ?? [];
    // What the page says below them about PostgreSQL.
    const others = isOnPostgres ? commands.replaceAll(/^.*mariadb.*\n/gm, '') : commands;
    await machine.sh(`mv /usr/lib/znuny-oauth2 /root/moved\n${others}mv /root/moved /usr/lib/znuny-oauth2`);
    if (isOnPostgres) {
      const tables = (await tracesInDatabase(machine)).filter((name) => name !== 'oauth2_sidecar_znuny');
      await runSql(machine, `DROP TABLE ${tables.join(', ')};`, 'znuny');
      const [, owned = '', role = ''] = /`(DROP OWNED BY [^;]+;)\s+(DROP ROLE [^`]+)`/.exec(page) ?? [];
      await runSql(machine, `${owned} ${role};`, 'znuny');
    }
    await machine.sh('apt-get purge -y znuny-oauth2');
    expect(await tracesOf(machine)).to.deep.equal([]);
    expect(await helpdeskConsole(machine, 'Admin::Package::List')).to.not.include('OAuth2Sidecar');
    expect((await visit(machine)).isOurs).to.equal(false);
  });
});
