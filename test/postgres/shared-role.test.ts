import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { isSidecarError } from '../../plugin/errors.js';
import { sql } from '../lab/database-server.js';
import { exec } from '../lab/exec.js';
import { ROOT } from '../lab/instance.js';
import { freePort } from '../lab/ports.js';
import { socketFolder } from '../lab/postgres.js';
import { znunyOauth2Words } from '../lab/program.js';
import { type BareHelpdesk, bareHelpdesk } from '../support/bare-helpdesk.js';
import { type BareMachine, bareMachine } from '../support/bare-machine.js';
import { lab } from '../support/instance.js';

/** The role is called like the system user, because the server signs in that user at its socket. */
const ROLE = 'znuny-oauth2';

describe('two helpdesks at the Unix socket of one PostgreSQL', function () {
  this.timeout(600_000);
  const helpdesks: { helpdesk: BareHelpdesk; name: string; port: string }[] = [];
  let machine: BareMachine;

  before(async () => {
    machine = await bareMachine('shared-role');
    for (const name of ['sidecar', 'second']) {
      const helpdesk = await bareHelpdesk(`shared-${name}`);
      helpdesks.push({ helpdesk, name, port: String(await freePort()) });
      const file = path.join(helpdesk.home, 'Kernel/Config.pm');
      const atSocket = readFileSync(file, 'utf8').replace(
        /(\{DatabaseHost\}\s*=\s*')[^']*/,
        `$1${socketFolder(lab)}`,
      );
      expect(atSocket).to.include(socketFolder(lab));
      writeFileSync(file, atSocket);
      // As a careful administrator leaves it: nobody comes in without being named.
      const { user } = lab.database;
      await sql(
        lab,
        `REVOKE ALL ON DATABASE "${helpdesk.database}" FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;
         GRANT ALL ON DATABASE "${helpdesk.database}" TO "${user}"; GRANT ALL ON SCHEMA public TO "${user}"`,
        helpdesk.database,
      );
    }
  });
  after(async () => {
    for (const { helpdesk } of helpdesks) {
      await sql(lab, `DROP OWNED BY "${ROLE}"`, helpdesk.database).catch(() => undefined);
      await helpdesk.remove();
    }
    await sql(lab, `DROP ROLE IF EXISTS "${ROLE}"`);
    machine.remove();
  });

  const at = (number: number) => helpdesks[number] as (typeof helpdesks)[number];
  const cli = (number: number, command: string, ...more: string[]) => {
    const { helpdesk, name } = at(number);
    const options = ['--home', helpdesk.home, '--name', name, '--root', machine.root];
    return exec(process.execPath, znunyOauth2Words(command, ...options, ...more), {
      cwd: ROOT,
      env: machine.env,
    });
  };
  const install = (number: number) => cli(number, 'install', '--port', at(number).port, '--without-apache');
  const uninstall = (number: number) => cli(number, 'uninstall', '--without-apache');
  const passwordOf = (number: number) => {
    const file = machine.read(`etc/znuny-oauth2/${at(number).name}.conf`);
    expect(file).to.match(new RegExp(`^SIDECAR_DATABASE_USER=${ROLE}$`, 'm'));
    return /SIDECAR_DATABASE_PASSWORD=(.*)/.exec(file)?.[1] ?? '';
  };
  /** The sidecar's role reads a table of the helpdesk, with its password and not as a system user. */
  async function reads(number: number, password: string): Promise<string> {
    const { database } = at(number).helpdesk;
    const db = openDatabase({ ...lab.database, database, user: ROLE, password, socket: null }, { max: 1 });
    try {
      await db.run('test', (knex) => knex('oauth2_token').select('id'));
      return 'reads';
    } catch (error) {
      if (!isSidecarError(error)) throw error;
      return error.code;
    } finally {
      await db.close();
    }
  }

  it('share the role with its password, and each gets what it needs in its own database', async () => {
    await install(0);
    const password = passwordOf(0);
    expect(password).to.have.length(32);
    await install(1);
    expect(passwordOf(1)).to.equal(password);
    expect(passwordOf(0)).to.equal(password);
    expect([await reads(0, password), await reads(1, password)]).to.deep.equal(['reads', 'reads']);
    for (const number of [0, 1]) expect(await install(number)).to.match(/Nothing to do\./);
  });

  it('leave each other alone: who goes takes only their own rights, and the last one the role', async () => {
    const password = passwordOf(1);
    expect(await uninstall(0)).to.include(
      `revoke the rights of the database user "${ROLE}", which another helpdesk of this server uses as well`,
    );
    expect([await reads(0, password), await reads(1, password)]).to.deep.equal([
      'database-right-missing',
      'reads',
    ]);
    expect(await uninstall(0)).to.match(/Nothing to do\./);
    expect(await install(1)).to.match(/Nothing to do\./);
    expect(await uninstall(1)).to.include(`drop the database user "${ROLE}"`);
    expect(await sql(lab, `SELECT 1 FROM pg_roles WHERE rolname = '${ROLE}'`)).to.equal('');
  });
});
