import { expect } from 'chai';
import { createEventStore } from '../../db/repositories/events.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { prune } from '../../plugin/usecases/prune.js';
import { config, type Fixture, fixture } from './fixture.js';

/** Rows of history; `make test-long` takes 1.3 million. */
const ROWS = Number(process.env.HISTORY_ROWS ?? 30_000);
/** How many rows one step may remove, so that it locks none for long. */
const STEP = 5000;
const SECONDS_BETWEEN = 24;
const PAGE = 50;
/** Counting a million rows takes as long as other work lets it: a query may take far longer than usual. Milliseconds. */
const PATIENCE = 300_000;

describe(`a history of ${ROWS} rows`, function () {
  this.timeout(1_800_000);
  let f: Fixture;
  let ids: number[];
  const events = () => createEventStore(f);
  const count = async () =>
    Number((await f.rows<{ n: number }>('SELECT COUNT(*) AS n FROM oauth2_sidecar_event'))[0]?.n);
  /** The newest row is that of now. */
  const ago = (rows: number) => new Date(f.clock().getTime() - rows * SECONDS_BETWEEN * 1000);

  before(async () => {
    f = await fixture({ pool: { queryMs: PATIENCE } });
    const configs = createTokenConfigStore(f);
    ids = [];
    for (const name of ['One', 'Two', 'Three']) ids.push(await configs.insert(config(name), 1));
    await f.rows('DELETE FROM oauth2_sidecar_event');
    const insert = 'INSERT INTO oauth2_sidecar_event (at, token_config_id, name, what, outcome, duration_ms)';
    for (let from = 0; from < ROWS; from += 10_000) {
      const rows = Array.from({ length: Math.min(10_000, ROWS - from) }, (_, at) => {
        const row = ROWS - 1 - from - at;
        return `(${ago(row).getTime()}, ${ids[row % ids.length]}, 'Name', 'renewal', '${row % 10 === 0 ? 'transient' : 'ok'}', 100)`;
      });
      await f.rows(`${insert} VALUES ${rows.join(',')}`);
    }
    expect(await count()).to.equal(ROWS);
  });
  after(() => f.close());

  it('is shown page by page, with its filters', async () => {
    const first = await events().history({ page: 1, pageSize: PAGE });
    expect([first.total, first.events[0]?.at, first.events.length]).to.deep.equal([ROWS, ago(0), PAGE]);
    const last = await events().history({ page: Math.ceil(ROWS / PAGE), pageSize: PAGE });
    expect(last.events.at(-1)?.at).to.deep.equal(ago(ROWS - 1));
    const failed = await events().history({ page: 1, pageSize: PAGE, outcome: 'failed' });
    expect([failed.total, new Set(failed.events.map(({ outcome }) => outcome))]).to.deep.equal([
      ROWS / 10,
      new Set(['transient']),
    ]);
    const ofOne = await events().history({ page: 1, pageSize: PAGE, configId: ids[0] as number });
    expect([ofOne.total, new Set(ofOne.events.map(({ configId }) => configId))]).to.deep.equal([
      Math.ceil(ROWS / 3),
      new Set([ids[0]]),
    ]);
  });

  it('loses its old half in bounded steps, while tokens are stored and the history is read', async () => {
    const tokens = createTokenStore(f);
    const nothing = { prune: async () => 0 };
    const deps = { events: events(), authorizations: nothing, importPreviews: nothing, clock: f.clock };
    const before = ago(ROWS / 2 - 1);
    const removed: number[] = [];
    for (let step = 0; ; step++) {
      const id = ids[step % ids.length] as number;
      const [number, stored, shown] = await Promise.all([
        prune(deps, before),
        tokens.get(id).then((row) => tokens.save(row, { accessToken: `a-${step}` }, 1)),
        events().history({ page: 1, pageSize: PAGE }),
      ]);
      expect([stored, shown.events[0]?.at]).to.deep.equal([true, ago(0)]);
      if (number === 0) break;
      removed.push(number);
    }
    expect(Math.max(...removed)).to.be.at.most(STEP);
    expect(removed.length).to.equal(Math.ceil(ROWS / 2 / STEP));
    expect(await count()).to.equal(ROWS / 2);
    expect((await events().history({ page: 1, pageSize: 1 })).total).to.equal(ROWS / 2);
  });
});
