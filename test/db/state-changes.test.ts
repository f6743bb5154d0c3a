import { expect } from 'chai';
import * as toldAttention from '../../db/migrations/0016-told-attention.js';
import { createAlerts } from '../../db/repositories/alerts.js';
import { createEventStore } from '../../db/repositories/events.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createStateChangeStore } from '../../db/repositories/state-changes.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import type { StateChange, StateChangeStore } from '../../plugin/domain/mailbox/state-change.js';
import type { StateKind } from '../../plugin/domain/token/token-state.js';
import { fillForPlan, indexesFor } from '../support/sql.js';
import { config, type Fixture, fixture } from './fixture.js';

describe('state changes in the database', () => {
  let fix: Fixture;
  let changes: StateChangeStore;
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
    changes = createStateChangeStore(fix);
  });
  after(() => fix.close());
  beforeEach(async () => {
    for (const table of ['oauth2_sidecar_renewal', 'oauth2_sidecar_event', 'oauth2_token_config'])
      await fix.rows(`DELETE FROM ${table}`);
  });

  async function add(name: string): Promise<number> {
    const id = await createTokenConfigStore(fix).insert(config(name), 1);
    await fix.rows('DELETE FROM oauth2_sidecar_event');
    return id;
  }
  const set = (configId: number, kind: Exclude<StateKind, 'renewing'>, rank: number) =>
    createRenewalStore(fix).schedule([
      {
        configId,
        at: null,
        reason: 'not_due',
        mark: { kind, rank, notice: false, endsAt: null, provider: 'a.example', told: { kind, rank } },
      },
    ]);
  const take = (limit = 500): Promise<StateChange[]> => changes.take(fix.clock(), limit);
  const history = async () =>
    (await createEventStore(fix).history({ page: 1, pageSize: 100 })).events.map(
      ({ configId, name, actor, what, outcome, code }) => [configId, name, actor, what, outcome, code],
    );

  it('are taken once each, with the state before', async () => {
    const id = await add('Support');
    expect(await take(), 'no state yet').to.deep.equal([]);
    await set(id, 'valid', 7);
    const at = fix.clock();
    const first = {
      subject: { kind: 'configuration', id },
      configId: id,
      name: 'Support',
      from: null,
      to: 'valid',
      severity: 'ok',
      needsAttention: false,
      cause: 'valid@a.example',
      at,
    };
    expect(await take()).to.deep.equal([first]);
    expect(await take()).to.deep.equal([]);
    await set(id, 'valid', 7);
    expect(await take(), 'the same state again').to.deep.equal([]);
    await set(id, 'expired', 0);
    expect(await take()).to.deep.equal([
      {
        ...first,
        from: 'valid',
        to: 'expired',
        severity: 'error',
        needsAttention: true,
        cause: 'expired@a.example',
      },
    ]);
    expect(await take()).to.deep.equal([]);
  });

  it('appear in the history, except for the first state', async () => {
    const id = await add('Support');
    await set(id, 'valid', 7);
    await take();
    expect(await history()).to.deep.equal([]);
    await set(id, 'consent-needed', 0);
    await take();
    await set(id, 'valid', 7);
    await take();
    expect(await history()).to.deep.equal([
      [id, 'Support', null, 'state', 'ok', 'valid'],
      [id, 'Support', null, 'state', 'attention', 'consent-needed'],
    ]);
  });

  it('are taken again when a state begins or ceases to need attention under the same name, and alerts follow', async () => {
    await fix.rows('DELETE FROM oauth2_sidecar_alert');
    const id = await add('Support');
    const alert = async () =>
      (await fix.rows('SELECT state, severity FROM oauth2_sidecar_alert')).map(Object.values);
    await set(id, 'secret-ends', 5);
    expect((await take()).map(({ severity }) => severity)).to.deep.equal(['info']);
    expect(await alert()).to.deep.equal([]);
    await set(id, 'secret-ends', 3);
    expect(
      (await take()).map(({ from, to, severity, needsAttention }) => [from, to, severity, needsAttention]),
    ).to.deep.equal([['secret-ends', 'secret-ends', 'warning', true]]);
    expect(await alert()).to.deep.equal([['secret-ends', 1]]);
    expect(await take()).to.deep.equal([]);
    await set(id, 'secret-ends', 1);
    expect(await take(), 'alerts take in what only grows').to.deep.equal([]);
    await createAlerts(fix).follow(fix.clock());
    expect(await alert()).to.deep.equal([['secret-ends', 0]]);
    await set(id, 'secret-ends', 5);
    expect((await take()).map(({ severity, needsAttention }) => [severity, needsAttention])).to.deep.equal([
      ['info', false],
    ]);
    expect(await alert()).to.deep.equal([['secret-ends', 2]]);
    await set(id, 'secret-ends', 1);
    expect((await take()).map(({ severity }) => severity)).to.deep.equal(['error']);
    expect(await alert()).to.deep.equal([['secret-ends', 0]]);
    expect((await history()).map(([, , , , outcome]) => outcome)).to.deep.equal([
      'attention',
      'ok',
      'warning',
    ]);
  });

  it('of a configuration that is being set up and already used are no alert', async () => {
    await fix.rows('DELETE FROM oauth2_sidecar_alert');
    const id = await add('Support');
    await set(id, 'never-requested', 5);
    await take();
    await set(id, 'never-requested', 3);
    expect((await take()).map(({ severity }) => severity)).to.deep.equal(['warning']);
    expect(await fix.rows('SELECT subject FROM oauth2_sidecar_alert')).to.deep.equal([]);
  });

  it('that an earlier version left untold are taken after the upgrade, and no others', async () => {
    await fix.rows('DELETE FROM oauth2_sidecar_alert');
    const ids: number[] = [];
    for (const name of ['told', 'missed', 'well', 'new']) ids.push(await add(name));
    const [told, missed, well, fresh] = ids as [number, number, number, number];
    await set(told, 'secret-ends', 1);
    await set(missed, 'secret-ends', 5);
    await set(well, 'valid', 7);
    await set(fresh, 'never-requested', 3);
    await take();
    await set(missed, 'secret-ends', 1);
    await fix.rows('UPDATE oauth2_sidecar_renewal SET told_attention = NULL');
    expect(await take(), 'as the earlier version leaves it').to.deep.equal([]);
    await toldAttention.up(fix.helpdesk.knex, fix.helpdesk.dialect.tables);
    expect((await take()).map(({ name, severity }) => [name, severity])).to.deep.equal([['missed', 'error']]);
    expect(await fix.rows('SELECT config_id FROM oauth2_sidecar_alert ORDER BY config_id')).to.deep.equal([
      { config_id: told },
      { config_id: missed },
    ]);
  });

  it('are divided among several sidecars that look at the same time', async () => {
    const ids: number[] = [];
    for (let n = 0; n < 40; n++) ids.push(await add(`Mailbox ${n}`));
    for (const id of ids) await set(id, 'valid', 7);
    const taken = (await Promise.all([take(), take(), take()])).flat();
    expect(
      taken.map(({ subject }) => ('id' in subject ? subject.id : 0)).sort((a, b) => a - b),
    ).to.deep.equal(ids);
  });

  it('are taken a page at a time', async () => {
    for (const name of ['one', 'two', 'three']) await set(await add(name), 'valid', 7);
    expect((await take(2)).map(({ name }) => name)).to.deep.equal(['one', 'two']);
    expect((await take(2)).map(({ name }) => name)).to.deep.equal(['three']);
    expect(await take(2)).to.deep.equal([]);
  });

  it('of a locked row wait, and delay no others', async () => {
    const [locked, free] = [await add('locked'), await add('free')];
    for (const id of [locked, free]) await set(id, 'valid', 7);
    await fix.helpdesk.transaction('lock', async ({ run }) => {
      await run('lock', (knex) =>
        knex('oauth2_sidecar_renewal').where({ token_config_id: locked }).forUpdate().select('state'),
      );
      expect((await take()).map(({ name }) => name)).to.deep.equal(['free']);
    });
    expect((await take()).map(({ name }) => name)).to.deep.equal(['locked']);
  });

  it('let mailboxes be judged again, those of locked rows by the next call', async () => {
    await fix.rows('DELETE FROM oauth2_sidecar_mailbox');
    await fix.rows('INSERT INTO oauth2_sidecar_mailbox (account_id) VALUES (0)');
    const due = async () =>
      (await fix.rows('SELECT changes_at FROM oauth2_sidecar_mailbox')).map(({ changes_at }) =>
        Number(changes_at),
      );
    await set(await add('Support'), 'valid', 7);
    await fix.helpdesk.transaction('lock', async ({ run }) => {
      await run('lock', (knex) =>
        knex('oauth2_sidecar_mailbox').where({ account_id: 0 }).forUpdate().select('account_id'),
      );
      expect((await take()).map(({ name }) => name)).to.deep.equal(['Support']);
    });
    expect(await due()).to.deep.equal([0]);
    expect(await take()).to.deep.equal([]);
    expect(await due()).to.deep.equal([fix.clock.now.getTime()]);
    expect((await fix.queries(() => take())).length).to.equal(1);
  });

  it('behind a whole page of locked rows are taken by the next call', async () => {
    const ids: number[] = [];
    for (const name of ['locked 1', 'locked 2', 'free']) ids.push(await add(name));
    for (const id of ids) await set(id, 'valid', 7);
    await fix.helpdesk.transaction('lock', async ({ run }) => {
      // One by one: of so small a table, a list would lock every row.
      for (const id of ids.slice(0, 2))
        await run('lock', (knex) =>
          knex('oauth2_sidecar_renewal').where({ token_config_id: id }).forUpdate().select('state'),
        );
      expect(await take(2)).to.deep.equal([]);
      expect((await take(2)).map(({ name }) => name)).to.deep.equal(['free']);
    });
    expect((await take(2)).map(({ name }) => name)).to.deep.equal(['locked 1', 'locked 2']);
  });

  it('cost one statement where there are none', async () => {
    const id = await add('Support');
    await set(id, 'valid', 7);
    await take();
    expect((await fix.queries(() => take())).length).to.equal(1);
    await fillForPlan(fix);
    const indexes = await indexesFor(
      fix,
      'SELECT token_config_id FROM oauth2_sidecar_renewal WHERE is_change_untold = 1 AND token_config_id > 0 ORDER BY token_config_id LIMIT 500',
    );
    expect(indexes).to.equal('oauth2_sidecar_renewal_is_change_untold');
  });
});
