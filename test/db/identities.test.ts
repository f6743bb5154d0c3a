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

describe('identities in the database', () => {
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

  it('are stored, replaced and forgotten', async () => {
    await store.save(one, OWNER, NOW);
    expect((await store.of([one, two])).get(one)).to.deep.equal({ identity: OWNER, at: NOW, shared: [] });
    const other = { ...OWNER, subject: 'x', email: 'e' };
    await store.save(one, other, NOW);
    expect((await store.of([one])).get(one)?.identity).to.deep.equal(other);
    await store.save(one, null, NOW);
    expect((await store.of([one])).get(one)).to.deep.equal({ identity: null, at: null, shared: [] });
  });

  it('mark shared mailboxes, each configuration for itself', async () => {
    await store.markShared(one, [5, 6], NOW);
    await store.markShared(two, [5], NOW);
    await store.markShared(one, [6], NOW);
    const found = await store.of([one, two]);
    expect(found.get(one)?.shared).to.deep.equal([6]);
    expect(found.get(two)?.shared).to.deep.equal([5]);
  });

  it("note somebody else's mailbox with the configuration, whoever changes the mail accounts", async () => {
    const renewals = createRenewalStore(f);
    const noted = async () =>
      (
        await f.rows('SELECT other_mailbox, due_at FROM oauth2_sidecar_renewal WHERE token_config_id = ?', [
          one,
        ])
      ).map(({ other_mailbox, due_at }) => [other_mailbox, due_at === null ? null : Number(due_at)]);
    const account = async (login: string) => {
      await f.rows(
        `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, valid_id, create_time, create_by,
           change_time, change_by, authentication_type, oauth2_token_config_id)
         VALUES (?, 'OAuth2Token', 'mail.example.org', 'IMAPS', 1, 0, 1, NOW(), 1, NOW(), 1, 'oauth2_token', ?)`,
        [login, one],
      );
      const [row] = await f.rows<{ id: number }>('SELECT MAX(id) AS id FROM mail_account');
      return Number(row?.id);
    };
    const at = (ms: number) => new Date(NOW.getTime() + ms);
    const waits = () => f.rows('UPDATE oauth2_sidecar_renewal SET due_at = NULL');
    await renewals.reconcile(NOW);
    await store.markShared(one, [], NOW);
    await store.save(one, OWNER, NOW);
    await waits();
    await account(' SUPPORT@example.ORG');
    expect(await renewals.reconcile(at(1))).to.equal(0);
    expect(await noted()).to.deep.equal([[null, null]]);

    const sales = await account('sales@example.org');
    expect(await renewals.reconcile(at(2))).to.equal(1);
    expect(await noted()).to.deep.equal([['sales@example.org', at(2).getTime()]]);
    expect((await renewals.one(one))?.renewal.otherMailbox).to.equal('sales@example.org');
    await waits();
    expect(await renewals.reconcile(at(3))).to.equal(0);
    expect(await noted()).to.deep.equal([['sales@example.org', null]]);
    expect(await f.queries(() => renewals.reconcile(at(3)))).to.have.length(3);

    await store.markShared(one, [sales], at(4));
    expect(await noted()).to.deep.equal([[null, at(4).getTime()]]);
    await store.markShared(one, [], at(5));
    expect(await noted()).to.deep.equal([['sales@example.org', at(5).getTime()]]);
    // A new consent, by the owner of that mailbox; then the provider does not say who agreed.
    await f.rows('UPDATE mail_account SET login = ? WHERE id <> ?', ['sales@example.org', sales]);
    await store.save(one, { ...OWNER, login: null, email: 'Sales@example.org' }, at(6));
    expect(await noted()).to.deep.equal([[null, at(6).getTime()]]);
    await f.rows('UPDATE mail_account SET login = ? WHERE id = ?', ['info@example.org', sales]);
    await renewals.reconcile(at(7));
    expect(await noted()).to.deep.equal([['info@example.org', at(7).getTime()]]);
    await store.save(one, null, at(8));
    expect(await noted()).to.deep.equal([[null, at(8).getTime()]]);
    // A name that is not an address says nothing.
    await store.save(one, { ...OWNER, subject: '0815', login: 'support' }, at(9));
    expect(await noted()).to.deep.equal([[null, at(8).getTime()]]);
    await f.rows('DELETE FROM mail_account');
  });

  it('take two queries, whatever the number of configurations, and none for no configuration', async () => {
    expect(await f.queries(() => store.of([one, two, 3, 4, 5, 6]))).to.have.length(2);
    expect(await f.queries(() => store.of([]))).to.deep.equal([]);
  });

  it('are deleted with their configuration, whoever deletes it', async () => {
    const left = async () =>
      (
        await f.rows(
          'SELECT token_config_id FROM oauth2_sidecar_identity UNION SELECT token_config_id FROM oauth2_sidecar_shared_mailbox',
        )
      ).length;
    await store.save(one, OWNER, NOW);
    await store.save(two, OWNER, NOW);
    expect(await left()).to.equal(2);
    await createTokenConfigStore(f).insert(config('Three'), 1);
    await createTokenConfigStore(f).delete(one, 1);
    expect(await left()).to.equal(1);
    // As the helpdesk's own Perl would.
    await f.rows('DELETE FROM oauth2_token_config WHERE id = ?', [two]);
    await createRenewalStore(f).reconcile(NOW);
    expect(await left()).to.equal(0);
  });
});
