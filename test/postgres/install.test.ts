import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { createDatabaseInspector } from '../../db/inspector.js';
import { sql } from '../lab/database-server.js';
import { ROOT } from '../lab/instance.js';
import { freePort } from '../lab/ports.js';
import { socketFolder } from '../lab/postgres.js';
import { znunyOauth2Words } from '../lab/program.js';
import { type BareHelpdesk, bareHelpdesk } from '../support/bare-helpdesk.js';
import { type BareMachine, bareMachine } from '../support/bare-machine.js';
import { lab } from '../support/instance.js';

describe('znuny-oauth2 install beside a helpdesk on PostgreSQL', function () {
  this.timeout(600_000);
  let helpdesk: BareHelpdesk;
  let machine: BareMachine;
  let port: string;
  before(async () => {
    helpdesk = await bareHelpdesk('postgres');
    machine = await bareMachine('postgres');
    port = String(await freePort());
  });
  after(async () => {
    await helpdesk.remove();
    machine.remove();
  });

  interface Answer {
    code: number | null;
    text: string;
  }
  function cli(words: string[], env: Record<string, string> = {}): Promise<Answer> {
    const child = spawn(process.execPath, znunyOauth2Words(...words), {
      cwd: ROOT,
      env: { ...process.env, ...machine.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
  }
  const here = () => [
    ...['--home', helpdesk.home, '--database-socket', socketFolder(lab), '--root', machine.root],
  ];
  const install = (...more: string[]) => cli(['install', ...here(), '--port', port, ...more]);
  const uninstall = () => cli(['uninstall', ...here()]);
  const user = () => `oauth2_sidecar_${helpdesk.database}`;
  const roles = async () =>
    (await sql(lab, `SELECT rolname FROM pg_roles WHERE rolname = '${user()}'`)).trim();
  const rights = async (table: string) =>
    (
      await sql(
        lab,
        `SELECT COALESCE(string_agg(privilege_type, ' ' ORDER BY privilege_type), '') FROM information_schema.role_table_grants
         WHERE grantee = '${user()}' AND table_name = '${table}'`,
        helpdesk.database,
      )
    ).trim();
  const ownTables = async () =>
    (
      await helpdesk.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'oauth2\\_sidecar\\_%'",
      )
    ).length;

  it('shows the statements without running them, and the password in none of them', async () => {
    const shown = await install('--dry-run');
    expect(shown.code, shown.text).to.equal(0);
    expect(shown.text)
      .to.include(`CREATE ROLE "${user()}" LOGIN PASSWORD '…';`)
      .and.include(`GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."oauth2_token" TO "${user()}";`)
      .and.include(`GRANT USAGE ON SEQUENCE "public"."oauth2_token_id_seq" TO "${user()}";`);
    expect([await roles(), await ownTables()]).to.deep.equal(['', 0]);
  });

  describe("where the helpdesk's database user has prepared its database", () => {
    /** Runs statements as the helpdesk's database user, who owns the database. */
    const asHelpdesk = async (...statements: string[]) => {
      const db = openDatabase({ ...lab.database, database: helpdesk.database, socket: null });
      try {
        for (const statement of statements) await db.knex.raw(statement);
      } finally {
        await db.close();
      }
    };
    const configPm = () => path.join(helpdesk.home, 'Kernel/Config.pm');
    const noting = (body: string) =>
      `LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.planted_callers VALUES (current_user); RETURN ${body}; END $$`;
    /** Who has run one of the functions. */
    const callers = async () =>
      (await sql(lab, 'SELECT DISTINCT caller FROM planted_callers', helpdesk.database)).trim().split('\n');

    before(async () => {
      const { database } = helpdesk;
      await asHelpdesk(
        'CREATE TABLE public.planted_callers (caller VARCHAR(100))',
        'CREATE SCHEMA planted',
        'CREATE TABLE public.pg_authid (id INTEGER)',
        // More exact than the server's own, which takes arguments of any type.
        ...['BIGINT, TIMESTAMPTZ', 'TEXT, TEXT', 'BIGINT, TEXT', 'TEXT, TIMESTAMPTZ'].map(
          (types) => `CREATE FUNCTION public.concat_ws(TEXT, ${types}) RETURNS TEXT ${noting("'x'")}`,
        ),
        `CREATE FUNCTION planted.pg_postmaster_start_time() RETURNS TIMESTAMPTZ ${noting("'2026-01-01'")}`,
        `CREATE FUNCTION planted.current_database() RETURNS NAME ${noting(`'${database}'`)}`,
        `CREATE FUNCTION planted.name() RETURNS NAME ${noting("'x'")}`,
        'CREATE VIEW planted.pg_roles AS SELECT oid, planted.name() AS rolname FROM pg_catalog.pg_roles',
        'CREATE VIEW planted.pg_namespace AS SELECT oid, planted.name() AS nspname FROM pg_catalog.pg_namespace',
        `CREATE FUNCTION planted.equal(NAME, TEXT) RETURNS BOOLEAN ${noting('true')}`,
        'CREATE OPERATOR planted.= (LEFTARG = NAME, RIGHTARG = TEXT, FUNCTION = planted.equal)',
        `ALTER DATABASE "${database}" SET search_path = public, planted, pg_catalog`,
      );
      writeFileSync(
        configPm(),
        readFileSync(configPm(), 'utf8').replace(
          /^.*\{Database\}\s*=/m,
          "    $Self->{SessionTable} = 'pg_authid';\n$&",
        ),
      );
    });
    after(async () => {
      writeFileSync(configPm(), readFileSync(configPm(), 'utf8').replace(/^.*SessionTable.*\n/m, ''));
      await asHelpdesk(
        `ALTER DATABASE "${helpdesk.database}" RESET search_path`,
        'DROP SCHEMA planted CASCADE',
        'DROP TABLE public.planted_callers, public.pg_authid',
        ...['BIGINT, TIMESTAMPTZ', 'TEXT, TEXT', 'BIGINT, TEXT', 'TEXT, TIMESTAMPTZ'].map(
          (types) => `DROP FUNCTION public.concat_ws(TEXT, ${types})`,
        ),
      );
    });

    it('runs none of its functions as the administrator, and opens none of the tables of the server', async () => {
      await sql(
        lab,
        "SELECT concat_ws(' ', 1::bigint, now()), (SELECT count(rolname) FROM pg_roles)",
        helpdesk.database,
      );
      expect(await callers(), 'an administrator without care').to.include('postgres');
      await sql(lab, 'TRUNCATE planted_callers', helpdesk.database);
      const shown = await install('--dry-run');
      expect(shown.code, shown.text).to.equal(0);
      expect(shown.text).to.include(`GRANT SELECT ON "public"."pg_authid" TO "${user()}";`);
      const made = await install();
      expect(made.code, made.text).to.equal(0);
      const reads = `SELECT has_table_privilege('${user()}', 'pg_catalog.pg_authid', 'SELECT'), has_table_privilege('${user()}', 'public.pg_authid', 'SELECT')`;
      expect((await sql(lab, reads, helpdesk.database)).trim()).to.equal('f\tt');
      const gone = await uninstall();
      expect(gone.code, gone.text).to.equal(0);
      expect(await callers()).not.to.include('postgres');
    });

    it('refuses a search_path that leads to the tables of the server', async () => {
      await asHelpdesk(`ALTER DATABASE "${helpdesk.database}" SET search_path = pg_catalog, public`);
      const refused = await install('--dry-run');
      expect(refused.code).to.equal(1);
      expect(refused.text).to.include('begins with "pg_catalog", which belongs to the server');
    });
  });

  it("finds the server where the helpdesk's role has a time zone of its own", async () => {
    const role = `ALTER ROLE "${lab.database.user}" IN DATABASE "${helpdesk.database}"`;
    await sql(lab, `${role} SET timezone = 'Asia/Kathmandu'`);
    const shown = await install('--dry-run');
    await sql(lab, `${role} RESET timezone`);
    expect(shown.code, shown.text).to.equal(0);
  });

  it('creates the role with the least rights, does nothing the second time, and leaves nothing behind', async () => {
    const first = await install();
    expect(first.code, first.text).to.equal(0);
    expect(await roles()).to.equal(user());
    expect(await rights('oauth2_token')).to.equal('DELETE INSERT SELECT UPDATE');
    expect(await rights('users'), 'single columns only').to.equal('');
    expect(await rights('ticket')).to.equal('');
    expect(await ownTables()).to.be.greaterThan(10);
    const file = machine.read('etc/znuny-oauth2/sidecar.conf');
    expect(file).to.match(new RegExp(`^SIDECAR_DATABASE_USER=${user()}$`, 'm'));
    const password = /SIDECAR_DATABASE_PASSWORD=(.*)/.exec(file)?.[1] ?? '';
    expect(password).to.have.length(32);
    expect(first.text).not.to.include(password);
    expect((await install()).text).to.match(/Nothing to do\./);
  });

  it('repairs a password and an excess right, and the doctor finds a missing one', async () => {
    const file = path.join(machine.root, 'etc/znuny-oauth2/sidecar.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(DATABASE_PASSWORD)=.*/, '$1=another-one'));
    await sql(lab, `GRANT SELECT ON ticket TO "${user()}"`, helpdesk.database);
    await sql(lab, `REVOKE USAGE ON SEQUENCE oauth2_token_id_seq FROM "${user()}"`, helpdesk.database);
    await sql(
      lab,
      `ALTER TABLE ticket ADD short_lived INTEGER; GRANT SELECT (short_lived) ON ticket TO "${user()}"; ALTER TABLE ticket DROP short_lived`,
      helpdesk.database,
    );
    await sql(lab, `REVOKE DELETE ON oauth2_sidecar_event FROM "${user()}"`, helpdesk.database);
    /** As the doctor asks. */
    const missing = async (): Promise<string[]> => {
      const db = openDatabase({
        ...lab.database,
        ...{ database: helpdesk.database, user: user(), password: 'another-one', socket: null },
      });
      const inspector = createDatabaseInspector({ db, sessionTable: async () => 'sessions' });
      return inspector.missingRights().finally(() => db.close());
    };
    const answer = await install();
    expect(answer.code, answer.text).to.equal(0);
    expect(answer.text).to.match(/with the password of the configuration file[\s\S]*3 statements/);
    expect([await rights('ticket'), await rights('oauth2_sidecar_event')]).to.deep.equal([
      '',
      'DELETE INSERT SELECT UPDATE',
    ]);
    expect((await install()).text).to.match(/Nothing to do\./);
    await sql(lab, `REVOKE USAGE ON SEQUENCE oauth2_token_id_seq FROM "${user()}"`, helpdesk.database);
    await sql(lab, `REVOKE SELECT ON oauth2_sidecar_migration FROM "${user()}"`, helpdesk.database);
    // Without any right on it, no column of it is visible, and it has none that is called id.
    await sql(lab, `REVOKE ALL ON oauth2_sidecar_renewal FROM "${user()}"`, helpdesk.database);
    expect(await missing()).to.deep.equal([
      'INSERT on oauth2_token',
      ...['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((right) => `${right} on oauth2_sidecar_renewal`),
      'SELECT on oauth2_sidecar_migration',
    ]);
    expect((await install()).code).to.equal(0);
    expect(await missing()).to.deep.equal([]);
  });

  it('removes the role and the tables', async () => {
    const gone = await uninstall();
    expect(gone.code, gone.text).to.equal(0);
    expect([await roles(), await ownTables()]).to.deep.equal(['', 0]);
    expect((await uninstall()).text).to.match(/Nothing to do\./);
  });
});
