import { expect } from 'chai';
import { createIdentityStore } from '../../db/repositories/identities.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { config, type Fixture, fixture } from './fixture.js';

const NOW = new Date('2026-07-01T12:00:00Z');
const OWNER = {
  subject: 'ü-0815 📬',
  login: 'support@example.org',
  email: null,
  issuer: 'https://idp.example.org',
};

describe('who agreed, in the database', () => {
  let f: Fixture;
  let store: ReturnType<typeof createIdentityStore>;
  let one: number;
  let two: number;
  before(async () => {
    f = await fixture();
    store = createIdentityStore(f);
    one = await createTokenConfigStore(f).insert(config('One'), 1);
    two = await createTokenConfigStore(f).insert(config('Two'), 1);
  });
  after(() => f.close());

  it('is stored, replaced and forgotten', async () => {
    await store.save(one, OWNER, NOW);
    expect((await store.of([one, two])).get(one)).to.deep.equal({ identity: OWNER, at: NOW, shared: [] });
    const other = { ...OWNER, subject: 'x', email: 'e' };
    await store.save(one, other, NOW);
    expect((await store.of([one])).get(one)?.identity).to.deep.equal(other);
    await store.save(one, null, NOW);
    expect((await store.of([one])).get(one)).to.deep.equal({ identity: null, at: null, shared: [] });
  });

  it('shared mailboxes are marked, each configuration for itself', async () => {
    await store.markShared(one, [5, 6]);
    await store.markShared(two, [5]);
    await store.markShared(one, [6]);
    const found = await store.of([one, two]);
    expect(found.get(one)?.shared).to.deep.equal([6]);
    expect(found.get(two)?.shared).to.deep.equal([5]);
  });

  it('takes two queries, whatever the number of configurations, and none for none', async () => {
    expect(await f.queries(() => store.of([one, two, 3, 4, 5, 6]))).to.have.length(2);
    expect(await f.queries(() => store.of([]))).to.deep.equal([]);
  });

  it('goes with its configuration, whoever deletes that', async () => {
    const left = async () =>
      (
        await f.rows(
          'SELECT token_config_id FROM oauth2_sidecar_identity UNION SELECT token_config_id FROM oauth2_sidecar_shared_mailbox',
        )
      ).length;
    await store.save(one, OWNER, NOW);
    await store.save(two, OWNER, NOW);
    expect(await left()).to.equal(2);
    await createTokenConfigStore(f).delete(one, 1);
    expect(await left()).to.equal(1);
    // As the helpdesk's own Perl would.
    await f.rows('DELETE FROM oauth2_token_config WHERE id = ?', [two]);
    await createRenewalStore(f).reconcile(NOW);
    expect(await left()).to.equal(0);
  });
});
