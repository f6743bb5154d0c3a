import { expect } from 'chai';
import { currentAccount, tableColumns } from '../../db/database-user.js';
import { GRANTS } from '../../db/grants.js';
import { ownTables } from '../../db/migrate.js';
import { IS_POSTGRES } from '../support/database.js';
import { type Fixture, failure, fixture } from './fixture.js';

/** The rights of the database user, on the real server; the store tests and the lab's sidecars run with them. */
describe("the sidecar's database user", function () {
  this.timeout(120_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());
  const ask = (sql: string) => fix.db.run('test', (knex) => knex.raw(sql));
  const writeFile = IS_POSTGRES
    ? "COPY (SELECT 1) TO '/tmp/oauth2-sidecar-test'"
    : "SELECT 1 INTO OUTFILE '/tmp/oauth2-sidecar-test'";

  it('has rights on every table of ours, and on no more than the list says', async () => {
    const names = await ownTables(fix.helpdesk);
    // The helpdesk's user takes the lock of a migration.
    const ours = names.filter((name) => !/_migration_lock$|_migrating$/.test(name));
    const listed = GRANTS.map(({ table }) => table);
    expect(ours.filter((name) => !listed.includes(name))).to.deep.equal([]);
    const columns = await tableColumns(fix.helpdesk);
    expect((await grantedTables()).sort()).to.deep.equal(listed.filter((name) => columns.has(name)).sort());
  });

  async function grantedTables(): Promise<string[]> {
    if (IS_POSTGRES) {
      const account = await currentAccount(fix.db);
      const granted = await fix.db.run('test', (knex, { accounts }) =>
        accounts.granted(knex, 'public', account),
      );
      // IDs of new rows come from sequences of their own.
      return [...granted.keys()].filter((name) => !name.endsWith('_id_seq'));
    }
    const [grants] = await ask('SHOW GRANTS');
    const tables = grants.map((row: object) => /ON `\w+`\.`(\w+)`/.exec(String(Object.values(row)[0]))?.[1]);
    return [...new Set<string>(tables.filter((name: string | undefined) => name !== undefined))];
  }

  for (const [what, sql] of [
    ['read the passwords of agents', 'SELECT pw FROM users'],
    ['read the passwords of mail accounts', 'SELECT pw FROM mail_account'],
    ['read tickets', 'SELECT id FROM ticket'],
    ['end a session', "DELETE FROM sessions WHERE session_id = 'x'"],
    ['give itself rights of the helpdesk', 'INSERT INTO group_user (user_id) VALUES (1)'],
    ['change a mail account', "UPDATE mail_account SET login = 'x'"],
    ['change a setting', 'DELETE FROM sysconfig_deployment'],
    ['create a table', 'CREATE TABLE oauth2_sidecar_more (id INT)'],
    ['drop a table of its own', 'DROP TABLE oauth2_sidecar_event'],
    ['change what a migration did', 'DELETE FROM oauth2_sidecar_migration'],
    ['write files', writeFile],
  ])
    it(`may not ${what}`, async () => {
      const error = await failure(ask(sql as string));
      expect(error.code).to.be.oneOf(['database-right-missing', 'database-unavailable']);
      expect(error.log).to.match(IS_POSTGRES ? /^test: 42501$/ : /ACCESS_DENIED/);
    });
});
