import { expect } from 'chai';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { JournalEntry } from '../../plugin/domain/token/answer-journal.js';
import { restoreLost } from '../../plugin/usecases/restore-lost.js';
import { MemoryJournal } from '../support/memory-journal.js';
import { countingCaches, settingsReader, tokenOf } from '../support/samples.js';
import { config, type Fixture, fixture } from './fixture.js';

const MANY = 250;
const silent = () => undefined;

describe('the comparison of stored answers with the database', () => {
  let fix: Fixture;
  let ids: number[];
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
    const { document, ...rest } = config('Many');
    const columns = { config: JSON.stringify(document), valid_id: rest.validId };
    const written = {
      create_time: '2026-07-01 12:00:00',
      create_by: 1,
      change_time: '2026-07-01 12:00:00',
      change_by: 1,
    };
    const { knex, dialect } = fix.helpdesk;
    await knex.batchInsert(
      'oauth2_token_config',
      Array.from({ length: MANY }, (_, at) => ({ name: `Many ${at}`, ...columns, ...written })),
    );
    ids = await knex('oauth2_token_config').where('name', 'like', 'Many%').orderBy('id').pluck('id');
    const { tokenConfig } = dialect.columns;
    await knex.batchInsert(
      'oauth2_token',
      ids.map((id) => ({ [tokenConfig]: id, token: 'a', refresh_token: `new ${id}`, ...written })),
    );
  });
  after(() => fix.close());

  it('reads a hundred configurations with one query, as it runs each second after a takeover', async () => {
    const journal = new MemoryJournal();
    const deps = {
      renewals: createRenewalStore(fix),
      tokens: createTokenStore(fix),
      settings: settingsReader(),
      caches: countingCaches(),
      log: { info: silent, warn: silent, error: silent },
      clock: fix.clock,
      journal,
    };
    for (const configId of ids) {
      const used = tokenOf({ configId, refreshToken: `old ${configId}` });
      const answer = { accessToken: 'a', refreshToken: `new ${configId}` };
      const facts = {
        userId: 1,
        actor: null,
        what: 'renewal',
        receivedAt: fix.clock(),
        holder: 'a',
      } as const;
      await journal.settle(await journal.put({ configId, used, answer, ...facts } satisfies JournalEntry));
    }
    expect(ids).to.have.lengthOf(MANY);
    const queries = await fix.queries(async () => expect(await restoreLost(deps, 'all')).to.equal(0));
    expect(queries).to.have.lengthOf(3);
  });
});
