import { expect } from 'chai';
import { openHelpdesk } from '../../db/open-helpdesk.js';
import { createMailWatchStore } from '../../db/repositories/mail-watch.js';
import { createOverviewStore } from '../../db/repositories/overview.js';
import { createPasswordUses } from '../../db/repositories/password-uses.js';
import { createRelayPasswordStore } from '../../db/repositories/relay-passwords.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { createUsageStore } from '../../db/repositories/usages.js';
import { checkSchema } from '../../db/schema.js';
import { createTokenTables, dropTokenTables } from '../../db/token-tables.js';
import { COMMUNITY_EDITION, ZNUNY_6 } from '../../plugin/domain/product/records.js';
import type { RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import type { StateMark } from '../../plugin/domain/token/state-mark.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { watchMail } from '../../plugin/usecases/watch-mail.js';
import { IS_POSTGRES } from '../support/database.js';
import { OF_COMMUNITY_EDITION } from '../support/products.js';
import { settingsReader } from '../support/samples.js';
import { config, type Fixture, failure, fixture, ZONE } from './fixture.js';

const HOUR = 3_600_000;
const noon = Date.parse('2026-07-01T12:00:00Z');
const at = (ms: number): Date => new Date(noon + ms);
const MARK: StateMark = {
  kind: 'valid',
  rank: 7,
  notice: false,
  endsAt: at(HOUR),
  provider: 'provider.example',
  told: { kind: 'valid', rank: 7 },
};

describe('a helpdesk with the tables of ((OTRS)) Community Edition', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let tokens: TokenStore;
  let renewals: RenewalStore;
  let id: number;
  before(async () => {
    fix = await fixture({ product: COMMUNITY_EDITION, changes: OF_COMMUNITY_EDITION });
    tokens = createTokenStore(fix);
    renewals = createRenewalStore(fix);
  });
  after(() => fix.close());
  beforeEach(async () => {
    fix.clock.now = at(0);
    for (const table of ['mail_account', 'oauth2_sidecar_mailbox', 'oauth2_sidecar_relay_password'])
      await fix.rows(`DELETE FROM ${table}`);
    for (const table of ['oauth2_sidecar_renewal', 'oauth2_token', 'oauth2_token_config'])
      await fix.rows(`DELETE FROM ${table}`);
    id = await createTokenConfigStore(fix).insert(config('Mail'), 1);
  });

  const save = async (changes: Parameters<TokenStore['save']>[1] = {}) =>
    tokens.save(
      await tokens.get(id),
      { accessToken: 'a', refreshToken: 'r', accessTokenExpiresAt: at(HOUR), ...changes },
      1,
    );
  const stored = () =>
    fix.rows('SELECT config_id, token, refresh_token, error_code FROM oauth2_token ORDER BY config_id');
  async function addAccount(login: string, method: string, configId: number | null): Promise<number> {
    await fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, auth_method,
         oauth2_token_config_id, valid_id, create_time, create_by, change_time, change_by)
       VALUES (?, 'x', 'imap.gmail.com', 'IMAPS', 1, 0, ?, ${configId ?? 'NULL'}, 1, NOW(), 1, NOW(), 1)`,
      [login, method],
    );
    return Number((await fix.rows<{ id: number }>('SELECT MAX(id) AS id FROM mail_account'))[0]?.id);
  }
  const mailWatch = (places: { scheme: 'imap'; at: { host: string; port: number } }[] = []) =>
    createMailWatchStore({ db: fix.db, zone: () => ZONE, relay: { places } });
  const look = (store = mailWatch()) =>
    watchMail(
      { mailWatch: store, settings: settingsReader(), clock: fix.clock },
      { watchingSince: fix.clock.now, judgedBy: null },
    );
  const watched = async (store = mailWatch()) =>
    (await store.mailboxes({ outbound: null })).map(({ accountId, configId }) => ({ accountId, configId }));

  it('is opened as this product and as no other, and its tables are never made or removed', async () => {
    await (await openHelpdesk(fix.helpdeskAddress, COMMUNITY_EDITION)).close();
    const other = await failure(openHelpdesk(fix.helpdeskAddress, ZNUNY_6));
    expect(other.code).to.equal('helpdesk-unsupported');
    const { columns } = fix.helpdesk.dialect;
    expect((await checkSchema(fix.columns, columns)).notes.join()).to.not.contain('oauth2_token.token');
    for (const builtIn of [true, false])
      expect(await createTokenTables(fix.helpdesk, { builtIn })).to.deep.equal([]);
    expect((await failure(dropTokenTables(fix.helpdesk, { builtIn: true }))).code).to.equal('schema-unknown');
  });

  it('keeps a token in the row of its configuration, whoever made the row', async () => {
    expect(await save()).to.equal(true);
    expect(await stored()).to.deep.equal([
      { config_id: id, token: 'a', refresh_token: 'r', error_code: null },
    ]);
    await fix.rows('DELETE FROM oauth2_token');
    await fix.rows(
      `INSERT INTO oauth2_token (config_id, create_time, create_by, change_time, change_by)
       VALUES (${id}, NOW(), 1, NOW(), 1)`,
    );
    expect(await save({ accessToken: 'b' })).to.equal(true);
    // Somebody was faster.
    const old = { ...(await tokens.get(id)), accessToken: 'a' };
    expect(await tokens.save(old, { accessToken: 'c' }, 1)).to.equal(false);
    await tokens.saveError(id, { errorMessage: 'm', errorDescription: null, errorCode: 'invalid_grant' }, 1);
    expect(await stored()).to.deep.equal([
      { config_id: id, token: 'b', refresh_token: 'r', error_code: 'invalid_grant' },
    ]);
    expect((await failure(tokens.get(id + 1))).code).to.equal('unknown-token-config');
  });

  it('takes a revoked token and a deleted configuration out', async () => {
    await save();
    const event = { at: at(0), actor: 1, what: 'token-revoked', outcome: 'ok', code: null, durationMs: null };
    expect(await tokens.clear(await tokens.get(id), 1, event as never)).to.equal(true);
    expect(await stored()).to.deep.equal([
      { config_id: id, token: null, refresh_token: null, error_code: null },
    ]);
    await createTokenConfigStore(fix).delete(id, 1);
    expect(await stored()).to.deep.equal([]);
  });

  it('puts on the due list what the helpdesk writes, and nothing that the sidecar writes', async () => {
    await save();
    expect(await renewals.reconcile(at(0))).to.equal(1);
    expect(await renewals.reconcile(at(1))).to.equal(0);
    await renewals.schedule([{ configId: id, at: at(HOUR), reason: 'not_due', mark: MARK }]);
    expect(await renewals.due(at(2), 10)).to.deep.equal([]);
    await renewals.lastWrite();
    await fix.rows(`UPDATE oauth2_token SET token = NULL, refresh_token = NULL WHERE config_id = ${id}`);
    const { written } = await renewals.lastWrite();
    if (IS_POSTGRES) expect(written).to.deep.equal([id]);
    expect(await renewals.reconcile(at(3), [id])).to.equal(1);
    const [row] = await renewals.due(at(3), 10);
    expect([row?.config.id, row?.token.configId, row?.token.refreshToken]).to.deep.equal([id, id, null]);
    await fix.rows('DELETE FROM oauth2_token');
    expect(await renewals.reconcile(at(4), [])).to.equal(1);
  });

  it('holds the end of an expired token back, and moves it where a clock was wrong', async () => {
    await save({ accessTokenExpiresAt: at(-5000) });
    await renewals.reconcile(at(0));
    await renewals.holdOff([id], at(0), at(60_000));
    expect((await renewals.one(id))?.token.accessTokenExpiresAt).to.deep.equal(at(60_000));
    await renewals.note(id, {
      event: { at: at(0), actor: null, what: 'renewal', outcome: 'ok', code: null, durationMs: 1 },
      state: {
        ...{ failures: 0, outcome: 'renewed', retryAt: null, failingSince: null, error: null },
        ...{
          dueAt: at(HOUR),
          reason: 'not_due',
          succeededAt: at(1),
          receivedAt: at(1),
          expiresAt: at(60_000),
        },
      },
      mark: MARK,
      holder: 'a',
    });
    expect(await renewals.setBack(at(0), 60_000)).to.equal(1);
    expect((await renewals.one(id))?.token.accessTokenExpiresAt).to.deep.equal(at(0));
    expect(await renewals.reconcile(at(1))).to.equal(0);
  });

  it('shows in the overview who has which token, and counts them', async () => {
    await save();
    await renewals.reconcile(at(0));
    await addAccount('box@example.org', 'oauth2_token', id);
    const overview = createOverviewStore({ db: fix.db, zone: () => ZONE });
    const { rows } = await overview.list({ page: 1, pageSize: 10, search: 'box@', reach: 'shown' });
    expect(rows.map(({ config, token }) => [config.name, token.refreshToken])).to.deep.equal([['Mail', 'r']]);
    await renewals.schedule([{ configId: id, at: at(HOUR), reason: 'not_due', mark: MARK }]);
    expect((await renewals.figures(at(0))).nearestEnd).to.deep.equal(at(HOUR));
    expect((await tokens.problems(at(0), 10)).rows).to.deep.equal([]);
    const usage = await createUsageStore({ ...fix, settings: settingsReader() }).of([{ id, name: 'Mail' }]);
    expect(usage.get(id)?.mailAccounts.map(({ login }) => login)).to.deep.equal(['box@example.org']);
  });

  it('knows outbound mail by the name that the setting has there', async () => {
    const usages = (settings: Record<string, string>) =>
      createUsageStore({ ...fix, settings: settingsReader(settings) }).of([{ id, name: 'Mail' }]);
    const named = { 'SendmailModule::OAuth2TokenConfigName': 'Mail' };
    const own = 'SendmailModule::AuthenticationMethod';
    expect((await usages({ ...named, [own]: 'oauth2_token' })).get(id)?.smtp).to.equal(true);
    expect((await usages({ ...named, [own]: 'password' })).get(id)?.smtp).to.equal(false);
  });

  it('has its mailboxes watched, those with a token and those at the relay', async () => {
    const places = [{ scheme: 'imap' as const, at: { host: 'imap.gmail.com', port: 993 } }];
    const byToken = await addAccount('token@example.org', 'oauth2_token', id);
    const byPassword = await addAccount('password@example.org', 'password', null);
    await look();
    expect(await watched()).to.deep.equal([{ accountId: byToken, configId: id }]);
    await createRelayPasswordStore(fix).add({
      ...{ configId: id, login: 'password@example.org', client: 'Helpdesk', selector: 's', hash: 'scrypt$x' },
      ...{
        servers: { imap: { type: 'IMAPS', address: 'imap.example.org' } },
        createdBy: 1,
        createdAt: at(0),
      },
    });
    await look(mailWatch(places));
    expect(await watched(mailWatch(places))).to.deep.equal([
      { accountId: byPassword, configId: id },
      { accountId: byToken, configId: id },
    ]);
    // A fetch that hangs counts the mailboxes behind it.
    await fix.rows(
      `UPDATE oauth2_sidecar_mailbox SET open_id = 1, open_since = ${noon} WHERE account_id = ${byPassword}`,
    );
    await fix.rows(`UPDATE oauth2_sidecar_mailbox SET fetched_at = ${noon} WHERE account_id = ${byToken}`);
    fix.clock.now = at(HOUR);
    const { open, mailboxes } = await mailWatch(places).look(fix.clock.now);
    expect([open?.accountId, open?.waiting, mailboxes]).to.deep.equal([byPassword, 1, 2]);
  });

  it('tells which accounts still sign in with a password', async () => {
    await addAccount('token@example.org', 'oauth2_token', id);
    await addAccount('password@example.org', 'password', null);
    const uses = await createPasswordUses({ db: fix.db, columns: fix.columns }).list();
    expect(uses.map(({ name }) => name)).to.deep.equal(['password@example.org']);
  });
});
