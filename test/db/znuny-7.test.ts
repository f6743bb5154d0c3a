import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { createPermissions } from '../../db/repositories/permissions.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createUsageStore } from '../../db/repositories/usages.js';
import { checkSchema } from '../../db/schema.js';
import type { TokenConfigStore } from '../../plugin/domain/configuration/token-config-store.js';
import type { UsageStore } from '../../plugin/domain/mailbox/usage.js';
import { deleteTokenConfig } from '../../plugin/usecases/delete-token-config.js';
import { IS_POSTGRES } from '../support/database.js';
import { settingsReader } from '../support/samples.js';
import { retype } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';

const DATE = IS_POSTGRES ? 'TIMESTAMP(0)' : 'DATETIME';

/** What the updates to Znuny 7.1 and 7.3 do to the tables that the sidecar reads; the others are as in 6.5. */
const OF_7_3 = [
  ...['group_user', 'group_role', 'role_user'].map((table) =>
    IS_POSTGRES
      ? `ALTER TABLE ${table} ADD id BIGSERIAL NOT NULL PRIMARY KEY`
      : `ALTER TABLE ${table} ADD id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST`,
  ),
  retype('users', { pw: 'VARCHAR(255) NOT NULL' }),
  retype('mail_account', { pw: 'VARCHAR(255) NOT NULL' }),
  `CREATE TABLE sendmail_config (
     id ${IS_POSTGRES ? 'SERIAL' : 'INTEGER AUTO_INCREMENT'} PRIMARY KEY, sendmail_module VARCHAR(255) NOT NULL, host VARCHAR(255) NULL,
     auth_user VARCHAR(255) NULL, auth_password VARCHAR(255) NULL, oauth2_token_config_id INTEGER NULL,
     valid_id SMALLINT NOT NULL, create_time ${DATE} NOT NULL, create_by INTEGER NOT NULL,
     change_time ${DATE} NOT NULL, change_by INTEGER NOT NULL,
     FOREIGN KEY (oauth2_token_config_id) REFERENCES oauth2_token_config (id))`,
  // PostgreSQL has one character set for all.
  ...(IS_POSTGRES
    ? []
    : ['oauth2_token', 'oauth2_token_config', 'mail_account', 'users', 'sendmail_config']
  ).map((table) => `ALTER TABLE ${table} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`),
];

describe('a helpdesk with the tables of Znuny 7.3', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let configs: TokenConfigStore;
  let usages: UsageStore;
  let id: number;
  const profile = (module: string, host: string | null) =>
    fix.rows(
      `INSERT INTO sendmail_config (sendmail_module, host, auth_password, oauth2_token_config_id, valid_id,
         create_time, create_by, change_time, change_by) VALUES (?, ${host === null ? 'NULL' : '?'}, 'secret', ?, 2, NOW(), 1, NOW(), 1)`,
      [module, ...(host === null ? [] : [host]), id],
    );
  before(async () => {
    fix = await fixture();
    for (const sql of OF_7_3) await fix.rows(sql);
    const columns = createColumnReader(fix.db);
    configs = createTokenConfigStore({ ...fix, columns });
    usages = createUsageStore({ ...fix, columns, settings: settingsReader() });
    id = await configs.insert(config('Mail'), 1);
  });
  after(() => fix.close());

  it('needs no note', async () => {
    expect((await checkSchema(createColumnReader(fix.db))).notes).to.deep.equal([]);
  });

  it('has its permissions in the usual place', async () => {
    const { groupTable } = await checkSchema(createColumnReader(fix.db));
    const user = await createPermissions({ ...fix, groupTable }).user(1);
    expect(user?.rights.map(({ name, permission }) => `${name} ${permission}`)).to.include('admin rw');
  });

  it('keeps names that need four bytes per character', async () => {
    const emoji = await configs.insert(config('Mail 📮'), 1);
    expect((await configs.byId(emoji))?.name).to.equal('Mail 📮');
  });

  it('is read without the outbound email profiles until install has been run again', async () => {
    await profile('SMTPTLS', 'smtp.example.com');
    expect((await usages.of([{ id, name: 'Mail' }])).get(id)?.profiles).to.deep.equal([]);
  });

  it('shows the profiles that use a configuration and prevents its deletion; their passwords stay inaccessible', async () => {
    await fix.grant();
    await profile('MSGraph', null);
    const columns = createColumnReader(fix.db);
    usages = createUsageStore({ ...fix, columns, settings: settingsReader() });
    const found = (await usages.of([{ id, name: 'Mail' }])).get(id)?.profiles;
    expect(found?.map(({ module, host }) => [module, host])).to.deep.equal([
      ['SMTPTLS', 'smtp.example.com'],
      ['MSGraph', ''],
    ]);
    const caches = { forgetTokenConfigs: async () => {} };
    const keys = { remove: async () => {} };
    const deps = {
      ...{ tokenConfigs: configs, usages, caches },
      ...{ clientKeys: keys, serviceAccountKeys: keys },
    };
    const error = await failure(deleteTokenConfig(deps, { id, userId: 1 }));
    expect(error.code).to.equal('token-config-in-use');
    expect(JSON.stringify(error.detail)).to.contain('SMTPTLS smtp.example.com').and.contain('MSGraph');
    expect((await failure(fix.db.knex('sendmail_config').select('auth_password'))).message).to.match(
      /denied/i,
    );
  });
});
