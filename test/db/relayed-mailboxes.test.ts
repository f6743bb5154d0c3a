import { expect } from 'chai';
import { createMailWatchStore } from '../../db/repositories/mail-watch.js';
import { createOverviewStore } from '../../db/repositories/overview.js';
import { createRelayPasswordStore } from '../../db/repositories/relay-passwords.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createUsageStore } from '../../db/repositories/usages.js';
import type { Settings } from '../../plugin/domain/helpdesk/settings.js';
import type { RelayPlace } from '../../plugin/domain/relay/relay-listener.js';
import { toHelpdeskTime } from '../../plugin/lib/helpdesk-time.js';
import { deleteTokenConfig } from '../../plugin/usecases/delete-token-config.js';
import { type MailMemory, watchMail } from '../../plugin/usecases/watch-mail.js';
import { config, type Fixture, failure, fixture, ZONE } from './fixture.js';

const LOGIN = 'relayed@example.org';
const PLACES: RelayPlace[] = [{ scheme: 'imap', at: { host: '127.0.0.1', port: 1143 } }];
const WRONG = 'Auth error: 1 NO [AUTHENTICATIONFAILED] Wrong user name or relay password.';

const settings: Settings = {
  deploymentId: 1,
  get: () => undefined,
  text: (_name, fallback = '') => fallback,
  number: (_name, fallback) => fallback,
  flag: (_name, fallback) => fallback,
};

describe('a mailbox that the helpdesk fetches through the relay', () => {
  let fix: Fixture;
  let places: RelayPlace[];
  let memory: MailMemory;
  let configId: number;
  let account: number;

  const store = () => createMailWatchStore({ db: fix.db, zone: () => ZONE, relay: { places } });
  const look = () =>
    watchMail({ mailWatch: store(), settings: { current: async () => settings }, clock: fix.clock }, memory);
  const usages = () =>
    createUsageStore({ ...fix, settings: { current: async () => settings } }).of([
      { id: configId, name: 'Relayed' },
    ]);
  const passwords = () => createRelayPasswordStore(fix);
  const addPassword = (selector: string, login = LOGIN) =>
    passwords().add({
      ...{ configId, login, client: 'Helpdesk', selector, hash: 'scrypt$x', createdBy: 1 },
      servers: { imap: { type: 'IMAPS', address: 'imap.example.org' } },
      createdAt: fix.clock.now,
    });
  async function addAccount(host: string): Promise<number> {
    await fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, authentication_type,
         valid_id, create_time, create_by, change_time, change_by)
       VALUES (?, 'x', ?, 'IMAP', 1, 0, 'password', 1, NOW(), 1, NOW(), 1)`,
      [LOGIN.toUpperCase(), host],
    );
    return Number((await fix.rows<{ id: number }>('SELECT MAX(id) AS id FROM mail_account'))[0]?.id);
  }
  async function fails(said: string): Promise<void> {
    const at = toHelpdeskTime(fix.clock.now, ZONE);
    await fix.rows(
      `INSERT INTO communication_log (transport, direction, status, account_type, account_id, start_time)
       VALUES ('Email', 'Incoming', 'Failed', 'IMAP', ?, ?)`,
      [String(account), at],
    );
    await fix.rows(
      `INSERT INTO communication_log_object (communication_id, object_type, status, start_time)
       SELECT MAX(id), 'Connection', 'Failed', ? FROM communication_log`,
      [at],
    );
    await fix.rows(
      `INSERT INTO communication_log_object_entry (communication_log_object_id, log_key, log_value, priority, create_time)
       SELECT MAX(id), 'Kernel', ?, 'Error', ? FROM communication_log_object`,
      [said, at],
    );
  }
  const watched = async () =>
    (await store().mailboxes({ outbound: null })).map((mailbox) => ({
      id: mailbox.accountId,
      configId: mailbox.configId,
      failures: mailbox.fetches.failures,
    }));

  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
  });
  after(() => fix.close());
  beforeEach(async () => {
    for (const table of [
      'communication_log_object_entry',
      'communication_log_object',
      'communication_log',
      'mail_account',
      'oauth2_sidecar_mailbox',
      'oauth2_sidecar_mail_watch',
      'oauth2_sidecar_renewal',
      'oauth2_sidecar_alert',
      'oauth2_sidecar_event',
      'oauth2_sidecar_relay_password',
      'oauth2_token_config',
    ])
      await fix.rows(`DELETE FROM ${table}`);
    places = PLACES;
    memory = { watchingSince: fix.clock.now, judgedBy: null };
    configId = await createTokenConfigStore(fix).insert(config('Relayed'), 1);
    await createRenewalStore(fix).reconcile(fix.clock());
    account = await addAccount('127.0.0.1:1143');
    await addAccount('mail.example.org');
  });

  it('is watched as long as its login has a relay password, and the relay is switched on', async () => {
    await look();
    expect(await watched()).to.deep.equal([]);
    const id = await addPassword('selector1');
    await look();
    const own = { id: account, configId, failures: 0 };
    expect(await watched()).to.deep.equal([own]);
    expect((await store().look(fix.clock.now)).mailboxes).to.equal(1);
    expect(await fix.queries(look)).to.have.length(2);

    places = [];
    await look();
    expect(await watched()).to.deep.equal([]);
    places = PLACES;
    await look();
    expect(await watched()).to.deep.equal([own]);
    await passwords().remove(id);
    await look();
    expect(await watched()).to.deep.equal([]);
  });

  it('tells its configuration that the relay refuses the password', async () => {
    await addPassword('selector1');
    await look();
    for (let time = 0; time < 2; time++) {
      fix.clock.now = new Date(fix.clock.now.getTime() + 600_000);
      await fails(WRONG);
      await look();
    }
    expect(await watched()).to.deep.equal([{ id: account, configId, failures: 2 }]);
    const { rows } = await createOverviewStore({ db: fix.db, zone: () => ZONE }).list({
      page: 1,
      pageSize: 10,
      search: LOGIN,
      reach: 'shown',
    });
    expect(rows.map((row) => row.config.id)).to.deep.equal([configId]);
    expect(rows[0]?.renewal.mail?.trouble).to.deep.include({
      what: 'failing',
      severity: 'error',
      accountId: account,
      cause: 'relay-password',
      count: 2,
    });
  });

  it('uses its configuration, which therefore cannot be deleted before the password is revoked', async () => {
    const id = await addPassword('selector1');
    await look();
    const usage = (await usages()).get(configId);
    expect(usage?.mailAccounts).to.deep.equal([
      {
        id: account,
        login: LOGIN.toUpperCase(),
        host: '127.0.0.1:1143',
        type: 'IMAP',
        folder: '',
        relayed: true,
      },
    ]);
    expect(usage?.relayPasswords).to.deep.equal([{ id, login: LOGIN, client: 'Helpdesk' }]);
    const keys = { remove: async () => undefined };
    const deps = {
      tokenConfigs: createTokenConfigStore(fix),
      usages: createUsageStore({ ...fix, settings: { current: async () => settings } }),
      caches: { forgetTokenConfigs: async () => undefined },
      ...{ clientKeys: keys, serviceAccountKeys: keys },
    };
    expect((await failure(deleteTokenConfig(deps, { id: configId, userId: 1 }))).code).to.equal(
      'token-config-in-use',
    );
    await passwords().remove(id);
    await look();
    await deleteTokenConfig(deps, { id: configId, userId: 1 });
    expect(await deps.tokenConfigs.byId(configId)).to.equal(null);
  });
});
