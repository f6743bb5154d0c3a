import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { sql, superuser } from '../lab/database-server.js';
import { exec } from '../lab/exec.js';
import { ROOT } from '../lab/instance.js';
import { freePort } from '../lab/ports.js';
import { znunyOauth2Words } from '../lab/program.js';
import { type BareHelpdesk, bareHelpdesk } from '../support/bare-helpdesk.js';
import { type BareMachine, bareMachine } from '../support/bare-machine.js';
import { IS_POSTGRES } from '../support/database.js';
import { giveHelpdesk } from '../support/helpdesk-owner.js';
import { lab } from '../support/lab.js';
import { readableColumns } from '../support/sql.js';

/** The helpdesk's user owns it. */
const TABLE = `${IS_POSTGRES ? `SET ROLE "${lab.database.user}";` : ''} CREATE TABLE sendmail_config (
  id ${IS_POSTGRES ? 'SERIAL' : 'INTEGER NOT NULL AUTO_INCREMENT'} PRIMARY KEY, sendmail_module VARCHAR(255) NOT NULL, host VARCHAR(255) NULL,
  auth_password VARCHAR(255) NULL, oauth2_token_config_id INTEGER NULL, valid_id SMALLINT NOT NULL,
  FOREIGN KEY (oauth2_token_config_id) REFERENCES oauth2_token_config (id));`;

/** A genuine 6.5 under the names of Znuny 7.3: version, scripts, web folder, and the table that 7.3 adds. */
async function simulateZnuny7(helpdesk: BareHelpdesk): Promise<void> {
  const file = (name: string) => path.join(helpdesk.home, name);
  const edit = (name: string, from: RegExp, to: string) =>
    writeFileSync(file(name), readFileSync(file(name), 'utf8').replace(from, to));
  await helpdesk.console('Admin::Config::Update', '--setting-name', 'ScriptAlias', '--value', 'znuny/');
  for (const name of ['CheckModules', 'Console', 'Daemon', 'PostMaster', 'SetPermissions'])
    renameSync(file(`bin/otrs.${name}.pl`), file(`bin/znuny.${name}.pl`));
  edit('RELEASE', /^VERSION = .*$/m, 'VERSION = 7.3.8');
  await sql(lab, TABLE, helpdesk.database);
}

describe('a helpdesk that has the names of Znuny 7', function () {
  this.timeout(300_000);
  let helpdesk: BareHelpdesk;
  let machine: BareMachine;
  let port: string;
  before(async () => {
    helpdesk = await bareHelpdesk('new-names');
    machine = await bareMachine('new-names');
    port = String(await freePort());
    await simulateZnuny7(helpdesk);
  });
  after(async () => {
    await helpdesk.remove();
    machine.remove();
  });

  function cli(words: string[], env = {}): Promise<{ code: number | null; text: string }> {
    const child = spawn(process.execPath, znunyOauth2Words(...words), {
      cwd: ROOT,
      env: { ...process.env, ...machine.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk;
      });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
  }
  const here = () => [
    ...['--home', helpdesk.home, '--database-socket', superuser(lab).socket, '--root', machine.root],
  ];
  const packages = () =>
    exec('perl', ['bin/znuny.Console.pl', 'Admin::Package::List'], { cwd: helpdesk.home, asLabUser: true });
  const user = () => `oauth2_sidecar_${helpdesk.database}`;

  it('gets the sidecar installed by its own scripts; the package manager accepts the add-on for 7.3', async () => {
    const shown = await cli(['install', ...here(), '--port', port, '--dry-run']);
    expect(shown.code, shown.text).to.equal(0);
    expect(shown.text).to.include('znuny.Console.pl Admin::Package::Install').and.not.include('otrs.Console');
    const answer = await cli(['install', ...here(), '--port', port]);
    expect(answer.code, answer.text).to.equal(0);
    expect(await packages()).to.match(/OAuth2Sidecar/);
    expect(machine.read('etc/apache2/conf-enabled/oauth2-sidecar.conf')).to.include('/znuny/');
    expect((await cli(['install', ...here(), '--port', port])).text).to.match(/Nothing to do\./);
  });

  it('lets the sidecar read which profiles use a token, but none of their passwords', async () => {
    const columns = await sql(
      lab,
      readableColumns(user(), 'sendmail_config', helpdesk.database),
      helpdesk.database,
    );
    expect(columns.trim().split('\n')).to.include('oauth2_token_config_id').and.not.include('auth_password');
  });

  it('is named its own commands by the doctor', async () => {
    const conf = Object.fromEntries(
      machine
        .read('etc/znuny-oauth2/sidecar.conf')
        .split('\n')
        .flatMap((line) => (/^\w+=/.test(line) ? [line.split(/=(.*)/s).slice(0, 2)] : [])),
    );
    const state = path.join(machine.root, 'state');
    mkdirSync(state, { recursive: true });
    giveHelpdesk(state);
    const { text } = await cli(['doctor'], { ...conf, SIDECAR_STATE: state });
    expect(text).to.match(/Znuny 7\.3\.8/);
    expect(text)
      .to.include('znuny.Daemon.pl')
      .and.not.match(/otrs\.(Console|Daemon)\.pl/);
  });

  it('is unchanged after removal', async () => {
    const gone = await cli(['uninstall', ...here()]);
    expect(gone.code, gone.text).to.equal(0);
    expect(await packages()).not.to.match(/OAuth2Sidecar/);
  });
});
