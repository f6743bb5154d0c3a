import { expect } from 'chai';
import { type Database, type DatabaseAddress, openDatabase } from '../../db/database.js';
import { serverIdentity } from '../../db/database-user.js';
import { isSidecarError } from '../../plugin/errors.js';
import { sql } from '../lab/database-server.js';
import { IS_MYSQL, IS_POSTGRES, server as tested } from '../support/database.js';
import { type Fixture, fixture } from './fixture.js';

/** As `mysql_ssl=1` without a CA: encrypted, whichever server answers. */
const UNCHECKED = {
  ca: null,
  cert: null,
  key: null,
  ciphers: null,
  checksCertificate: false,
  checksName: false,
};
const OTHER = `SHA256:${'A'.repeat(43)}`;

describe('the identity of the database server', () => {
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());

  async function using<T>(change: Partial<DatabaseAddress>, work: (db: Database) => Promise<T>): Promise<T> {
    const db = openDatabase({ ...fix.address, ...change }, { max: 1, timeoutMs: 20_000 });
    return work(db).finally(() => db.close());
  }
  const logIn = (change: Partial<DatabaseAddress>): Promise<string> =>
    using(change, (db) => db.run('test', (knex) => knex.raw('SELECT 1'))).then(
      () => 'let in',
      (error) => (isSidecarError(error) ? (error.detail ?? error.code) : String(error)),
    );
  /** As after a start of the server: it remembers no account. */
  const forget = () => sql(tested, 'FLUSH PRIVILEGES');

  if (IS_MYSQL) {
    it('is recognised by the keys that a MySQL shows', async () => {
      const plain = await using({ server: ['any'] }, serverIdentity);
      expect(plain).to.have.length(1);
      expect(plain[0]).to.match(/^SHA256:[A-Za-z0-9+/]{43}$/);
      const encrypted = await using({ server: ['any'], tls: UNCHECKED }, serverIdentity);
      expect(encrypted).to.have.length(2).and.include(plain[0]);
    });

    for (const tls of [null, UNCHECKED])
      it(`must be known before the server gets the password, ${tls ? 'over TLS without a checked certificate' : 'without TLS'}`, async () => {
        const server = await using({ server: ['any'], tls }, serverIdentity);
        for (const [known, result] of [
          [[], /^The database server asks for the plain password.*not proved its identity/],
          [[OTHER], /does not match SIDECAR_DATABASE_SERVER/],
          [['mariadb'], /does not match SIDECAR_DATABASE_SERVER/],
          [server, /^let in$/],
        ] as const) {
          await forget();
          expect(await logIn({ server: known, tls }), String(known)).to.match(result);
        }
      });

    it('may be unknown where the server remembers the account, because it then gets a proof instead of the password', async () => {
      await forget();
      expect(await logIn({ server: ['any'] })).to.equal('let in');
      for (const server of [[], [OTHER], ['mariadb']])
        expect(await logIn({ server }), String(server)).to.equal('let in');
    });
  } else if (IS_POSTGRES) {
    it('of PostgreSQL needs no name, because no server gets the password without a checked certificate', async () => {
      expect(await using({}, serverIdentity)).to.deep.equal([]);
      for (const known of [[], [OTHER], ['any']]) expect(await logIn({ server: known })).to.equal('let in');
    });
  } else {
    it('may be that of a MariaDB, which never gets the password', async () => {
      const server = await using({}, serverIdentity);
      expect(server).to.deep.equal(['mariadb']);
      await forget();
      for (const known of [server, [], [OTHER]]) expect(await logIn({ server: known })).to.equal('let in');
    });
  }
});
