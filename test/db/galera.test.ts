import { expect } from 'chai';
import { type Database, openDatabase } from '../../db/database.js';
import { migrate } from '../../db/migrate.js';
import { createAuthorizationStore } from '../../db/repositories/authorizations.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { startGalera, stopGalera } from '../lab/galera.js';
import { IS_MYSQL } from '../support/database.js';
import { lab } from '../support/instance.js';

const ROUNDS = 60;

if (!IS_MYSQL)
  describe('sidecars at the two nodes of a Galera cluster', function () {
    this.timeout(1_800_000);
    let nodes: Database[] = [];
    const each = <T>(work: (db: Database) => Promise<T>): Promise<PromiseSettledResult<T>[]> =>
      Promise.allSettled(nodes.map(work));
    const done = <T>(results: PromiseSettledResult<T>[]): T[] =>
      results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));

    before(async () => {
      const started = await startGalera(lab);
      nodes = started.map(({ database }) => openDatabase({ ...database, socket: null }));
      // The helpdesk's table that migrations read.
      await nodes[0]?.knex.raw(
        'CREATE TABLE oauth2_token_config (id INT PRIMARY KEY, name VARCHAR(250), create_time DATETIME)',
      );
    });
    after(async () => {
      await Promise.all(nodes.map((db) => db.close()));
      await stopGalera(lab);
    });

    it('are really connected to two nodes', async () => {
      const [rows] = (await nodes[1]?.knex.raw("SHOW STATUS LIKE 'wsrep_cluster_size'")) ?? [[]];
      expect(rows[0].Value).to.equal('2');
    });

    it('create the tables once when they start together', async () => {
      const ran = await each(migrate);
      expect(ran.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled']);
      expect(done(ran).filter((names) => names.length > 0)).to.have.length(1);
      expect(done(await each(migrate))).to.deep.equal([[], []]);
    });

    const pending = (n: number, now: Date) => ({
      stateHash: String(n).padStart(64, '0'),
      sessionHash: 'b'.repeat(64),
      userId: 1,
      configId: 7,
      verifier: null,
      redirectUri: 'https://desk.example.com/',
      createdAt: now,
      expiresAt: new Date(now.getTime() + 600_000),
    });

    it('know a consent at once that began at the other node', async () => {
      const [here, there] = nodes.map((db) => createAuthorizationStore({ db }));
      const now = new Date();
      for (let n = 0; n < ROUNDS; n++) {
        const one = pending(n, now);
        await here?.insert(one);
        expect(await there?.peek(one.stateHash)).to.deep.equal(one);
      }
    });

    it('let one of two simultaneous requests use a state', async () => {
      const now = new Date();
      for (let n = 0; n < ROUNDS; n++) {
        const { stateHash } = pending(n, now);
        const taken = await each((db) => createAuthorizationStore({ db }).consume(stateHash));
        expect(done(taken).filter(Boolean)).to.have.length(1);
      }
    });

    it('hold a lease one at a time', async () => {
      const stores = nodes.map((db) => createRenewalStore({ db, zone: () => 'UTC' }));
      for (let n = 0; n < ROUNDS; n++) {
        const got = await Promise.allSettled(
          stores.map((store, at) => store.acquire(7, `${at}:${n}`, 60_000)),
        );
        expect(done(got).filter(Boolean), JSON.stringify(got)).to.have.length(1);
        await Promise.allSettled(stores.map((store, at) => store.release(7, `${at}:${n}`)));
      }
    });
  });
