import net from 'node:net';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { IS_POSTGRES } from '../support/database.js';
import { sleep } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';

/** Stands between sidecar and server; falls silent like a firewall that forgets its connections: nothing is closed. */
async function forgetfulFirewall(to: { host: string; port: number }) {
  let generation = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const own = generation;
    const far = net.connect(to.port, to.host);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (data) => own === generation && into.write(data));
      from.on('end', () => own === generation && into.end());
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as net.AddressInfo).port,
    /** Open connections carry nothing any more; new ones work. */
    forget: () => void generation++,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

describe('a database whose open connections fall silent', function () {
  this.timeout(60_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());

  it('costs one time limit; then new connections are made, and nothing stays locked', async () => {
    const firewall = await forgetfulFirewall(fix.address);
    const db = openDatabase({ ...fix.address, host: '127.0.0.1', port: firewall.port }, { queryMs: 700 });
    try {
      const tokens = createTokenStore({ ...fix, db });
      const id = await createTokenConfigStore(fix).insert(config('Silent'), 1);
      // Several connections are open, as after a sweep.
      await Promise.all([1, 2, 3, 4, 5, 6].map(() => db.knex.raw(`SELECT ${sleep(0.3)}`)));
      firewall.forget();
      expect((await failure(tokens.get(id))).code).to.equal('database-unavailable');
      // The five others were not asked one after the other.
      for (let round = 0; round < 3; round++) expect((await tokens.get(id)).configId).to.equal(id);
      // In the middle of a transaction the failure is reported, and the connection returns to no pool.
      const lost = db.transaction('test', async ({ knex }) => {
        await knex('oauth2_token').where({ token_config_id: id }).update({ error_code: 'x' });
        firewall.forget();
        await knex('oauth2_token').where({ token_config_id: id }).update({ error_code: 'y' });
      });
      expect((await failure(lost)).code).to.equal('database-unavailable');
      expect((await tokens.get(id)).errorCode).to.equal(null);
      const limit = IS_POSTGRES
        ? "current_setting('idle_in_transaction_session_timeout')"
        : '@@SESSION.wait_timeout';
      const session = await db.run('test', (knex, { statements }) =>
        statements.rows(knex, `SELECT ${limit} AS silent`),
      );
      expect(session).to.deep.equal([{ silent: IS_POSTGRES ? '1min' : 60 }]);
    } finally {
      await db.close();
      await firewall.close();
    }
  });

  it('has no such limit for a change of tables; a query slower than the limit is not waited for any longer', async () => {
    const db = openDatabase(fix.helpdeskAddress, { queryMs: 300 });
    try {
      const slow = await failure(db.run('test', (knex) => knex.raw(`SELECT ${sleep(30)}`)));
      expect([slow.code, slow.log]).to.deep.equal(['database-unavailable', 'test: ETIMEDOUT']);
      await db.run('test', (knex) =>
        knex.raw(`CREATE TABLE of_a_slow_query AS SELECT 1 AS slept FROM (SELECT ${sleep(1.5)}) AS s`),
      );
      await db.run('test', (knex) => knex.raw('DROP TABLE of_a_slow_query'));
    } finally {
      await db.close();
    }
  });
});
