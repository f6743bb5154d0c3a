import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { checkSchema } from '../../db/schema.js';
import type { TokenConfigStore } from '../../plugin/domain/configuration/token-config-store.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { retype } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';

/** As the update to Znuny 6.3 made them, before 6.4 widened them: no room for long tokens, and no dbcrud_uuid. */
const OF_6_3 = [
  retype('oauth2_token_config', { config: 'VARCHAR(5000) NOT NULL' }),
  retype('oauth2_token', {
    authorization_code: 'VARCHAR(2000)',
    token: 'VARCHAR(2000)',
    refresh_token: 'VARCHAR(2000)',
    error_message: 'VARCHAR(2000)',
    error_description: 'VARCHAR(2000)',
    error_code: 'VARCHAR(250)',
  }),
  ...['oauth2_token_config', 'oauth2_token'].map((table) => `ALTER TABLE ${table} DROP COLUMN dbcrud_uuid`),
];

describe('a helpdesk with the narrow columns of Znuny 6.3', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let configs: TokenConfigStore;
  let tokens: TokenStore;
  let id: number;
  before(async () => {
    fix = await fixture();
    for (const sql of OF_6_3) await fix.rows(sql);
    const columns = createColumnReader(fix.db);
    configs = createTokenConfigStore({ ...fix, columns });
    tokens = createTokenStore({ ...fix, columns });
    id = await configs.insert(config('Narrow'), 1);
  });
  after(() => fix.close());

  it('is recognised, and what it cannot hold is reported at the start', async () => {
    const { notes } = await checkSchema(createColumnReader(fix.db));
    expect(notes.map((note) => note.split(' ')[0])).to.deep.equal([
      'oauth2_token.token',
      'oauth2_token.refresh_token',
      'oauth2_token_config.config',
    ]);
  });

  it('stores a token that just fits; a longer one is refused with an explanation, and the stored tokens stay', async () => {
    const fits = { accessToken: 'a'.repeat(2000), refreshToken: 'r'.repeat(2000) };
    expect(await tokens.save(await tokens.get(id), fits, 1)).to.equal(true);
    for (const [answer, field] of [
      [{ accessToken: 'b'.repeat(2001), refreshToken: 'new' }, 'AccessToken'],
      [{ accessToken: 'new', refreshToken: 's'.repeat(2001) }, 'RefreshToken'],
    ] as const) {
      const error = await failure(tokens.save(await tokens.get(id), answer, 1));
      expect(error.code).to.equal('value-too-long');
      expect(JSON.stringify(error.fields))
        .to.contain('At most %s characters can be stored.')
        .and.contain('2000');
      expect(Object.keys(error.fields ?? {}), field).to.have.length(1);
      const stored = await tokens.get(id);
      expect([stored.accessToken, stored.refreshToken]).to.deep.equal([fits.accessToken, fits.refreshToken]);
    }
  });

  it('refuses a document of more than 5000 characters before anything is written', async () => {
    const before = await configs.byId(id);
    if (!before) throw new Error('gone');
    const document = { ...before.document, Note: 'x'.repeat(5000) };
    const error = await failure(configs.update(before, { name: 'Narrow', document, validId: 1 }, 1));
    expect(error.code).to.equal('value-too-long');
    expect(await configs.byId(id)).to.deep.equal(before);
    expect((await failure(configs.insert({ name: 'Too much', document, validId: 1 }, 1))).code).to.equal(
      'value-too-long',
    );
    expect(await configs.byName('Too much')).to.equal(null);
  });

  it('shortens an error text to fit, so that no failure is lost because of its length', async () => {
    const fields = {
      errorMessage: 'm'.repeat(3000),
      errorDescription: 'd'.repeat(3000),
      errorCode: 'c'.repeat(300),
    };
    await tokens.saveError(id, fields, 1);
    const stored = await tokens.get(id);
    expect([
      stored.errorMessage?.length,
      stored.errorDescription?.length,
      stored.errorCode?.length,
    ]).to.satisfy(
      ([message = 0, description = 0, code = 0]) =>
        message <= 2000 &&
        message > 1000 &&
        description <= 2000 &&
        description > 1000 &&
        code <= 250 &&
        code > 100,
    );
    expect(stored.errorCode).to.match(/^c+…$/);
    expect(stored.accessToken).to.equal('a'.repeat(2000));
  });
});
