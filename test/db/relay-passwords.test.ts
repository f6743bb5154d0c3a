import { expect } from 'chai';
import { createRelayPasswordStore } from '../../db/repositories/relay-passwords.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import type { NewRelayPassword } from '../../plugin/domain/relay/relay-password.js';
import { config, type Fixture, fixture } from './fixture.js';

const NOW = new Date('2026-07-01T12:00:00.123Z');

describe('relay passwords in the database', () => {
  let f: Fixture;
  let store: ReturnType<typeof createRelayPasswordStore>;
  let configId: number;

  const password = (selector: string, changes: Partial<NewRelayPassword> = {}): NewRelayPassword => ({
    ...{ configId, login: 'ü@example.org', client: 'Scanner 📠', selector, hash: `scrypt$${selector}` },
    servers: { imap: { type: 'IMAPS', address: 'imap.example.org' } },
    ...{ createdAt: NOW, createdBy: 3 },
    ...changes,
  });

  before(async () => {
    f = await fixture();
    store = createRelayPasswordStore(f);
    configId = await createTokenConfigStore(f).insert(config('Relayed'), 1);
  });
  after(() => f.close());

  it('are found by their first characters, byte by byte, and listed without their hash', async () => {
    const id = await store.add(password('Abc_-123'));
    const expected = {
      ...{ id, configId, login: 'ü@example.org', client: 'Scanner 📠', createdAt: NOW, createdBy: 3 },
      ...{
        lastUsedAt: null,
        isOrphan: false,
        servers: { imap: { type: 'IMAPS', address: 'imap.example.org' } },
      },
    };
    expect(await store.find('Abc_-123')).to.deep.equal({ ...expected, hash: 'scrypt$Abc_-123' });
    for (const other of ['abc_-123', 'Abc_-12', '', "' OR 1=1 -- "])
      expect(await store.find(other)).to.equal(null);
    expect(await store.list()).to.deep.equal([expected]);
    await store.noteUse(id, NOW);
    expect((await store.find('Abc_-123'))?.lastUsedAt).to.deep.equal(NOW);
  });

  it('are listed for their configuration only, and found by their ID', async () => {
    const other = await createTokenConfigStore(f).insert(config('Other'), 1);
    const id = await store.add(password('other__1', { configId: other }));
    expect((await store.ofConfig(other)).map((one) => one.id)).to.deep.equal([id]);
    expect((await store.byId(id))?.configId).to.equal(other);
    expect(await store.byId(id + 1000)).to.equal(null);
    await store.remove(id);
    expect(await store.ofConfig(other)).to.deep.equal([]);
  });

  it('are revoked once', async () => {
    const id = await store.add(password('revoked1'));
    expect(await store.remove(id)).to.equal(true);
    expect(await store.remove(id)).to.equal(false);
    expect(await store.find('revoked1')).to.equal(null);
  });

  it('lose a server that somebody has changed into one without TLS', async () => {
    await store.add(
      password('changed1', { servers: { smtp: { type: 'SMTPTLS', address: 'smtp.example.org:587' } } }),
    );
    await f.db
      .knex('oauth2_sidecar_relay_password')
      .where({ selector: 'changed1' })
      .update({ smtp_server: 'SMTP evil:25' });
    expect((await store.find('changed1'))?.servers).to.deep.equal({});
  });

  it('outlive a row of their configuration that is missing for a moment, as while a dump is loaded', async () => {
    const id = await createTokenConfigStore(f).insert(config('Loaded'), 1);
    const renewals = createRenewalStore(f);
    await store.add(password('loaded_1', { configId: id }));
    await renewals.reconcile(NOW);
    const row = await f.db.knex('oauth2_token_config').where({ id }).first();
    await f.db.knex('oauth2_token_config').where({ id }).delete();
    await renewals.reconcile(NOW);
    expect(await renewals.one(id)).to.equal(null);
    await f.db.knex('oauth2_token_config').insert(row);
    await renewals.reconcile(NOW);
    expect((await store.find('loaded_1'))?.configId).to.equal(id);
    expect((await renewals.one(id))?.config.name).to.equal('Loaded');
  });

  it('are not for another configuration that gets the ID of one that the helpdesk has deleted', async () => {
    const configs = createTokenConfigStore(f);
    const id = await configs.insert(config('Deleted elsewhere'), 1);
    await store.add(password('orphan_1', { configId: id }));
    await f.helpdesk.knex('oauth2_token_config').where({ id }).delete();
    expect(await store.find('orphan_1')).to.include({ configId: id, isOrphan: true });
    const later = { create_time: '2026-07-02 08:00:00', change_time: '2026-07-02 08:00:00' };
    const [row] = await f.rows<Record<string, string | number>>(
      `SELECT * FROM oauth2_token_config WHERE id = ${configId}`,
    );
    await f.helpdesk
      .knex('oauth2_token_config')
      .insert({ ...row, id, name: 'Another with its ID', dbcrud_uuid: null, ...later });
    expect(await store.find('orphan_1')).to.include({ configId: id, isOrphan: true });
    expect(await store.ofConfig(id)).to.deep.equal([]);
    expect(
      (await store.list()).filter((one) => one.configId === id).map((one) => one.isOrphan),
    ).to.deep.equal([true]);
    await configs.delete(id, 1);
    expect(await store.find('orphan_1')).to.equal(null);
  });

  it('stay with a configuration that gets another name, or another time of its creation', async () => {
    const id = await createTokenConfigStore(f).insert(config('Named'), 1);
    await store.add(password('renamed1', { configId: id }));
    const changes = [
      { name: 'Renamed' },
      { name: 'Named', create_time: '2020-01-01 00:00:00' },
      { name: 'Renamed' },
    ];
    const orphan: (boolean | undefined)[] = [];
    for (const change of changes) {
      await f.helpdesk.knex('oauth2_token_config').where({ id }).update(change);
      orphan.push((await store.find('renamed1'))?.isOrphan);
    }
    expect(orphan).to.deep.equal([false, false, true]);
  });

  it('end with their configuration', async () => {
    const configs = createTokenConfigStore(f);
    const id = await configs.insert(config('Deleted'), 1);
    await store.add(password('deleted1', { configId: id }));
    await configs.delete(id, 1);
    expect(await store.find('deleted1')).to.equal(null);
    expect(await store.find('Abc_-123')).to.not.equal(null);
  });

  it('and all else of ours outlast the loading of a dump, during which there is no configuration', async () => {
    await store.add(password('dumped_1'));
    const renewals = createRenewalStore(f);
    await renewals.reconcile(NOW);
    const dumped = await f.rows<Record<string, string | number>>('SELECT * FROM oauth2_token_config');
    const own = 'SELECT token_config_id FROM oauth2_sidecar_renewal ORDER BY token_config_id';
    const before = await f.rows(own);
    await f.helpdesk.knex('oauth2_token_config').delete();
    await renewals.reconcile(NOW);
    expect(await store.find('dumped_1')).to.include({ configId });
    expect(await f.rows(own)).to.deep.equal(before);
    await f.helpdesk.knex('oauth2_token_config').insert(dumped);
    await renewals.reconcile(NOW);
    expect(await store.find('dumped_1')).to.include({ configId });
  });
});
