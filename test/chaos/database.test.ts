import { expect } from 'chai';
import { until } from '../lab/ports.js';
import { BREAKAGES } from './rig/breakages.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';

/** Rows of history, half of them older than the history is kept (EventRetentionDays, by default 180). */
const ROWS = 1_300_000;
const SECONDS_BETWEEN = 24;
/** They are at least a second apart, and each token is renewed every ten seconds. */
const PASSES = 30;

const FAULTS: Fault[] = [
  {
    name: 'the database server is killed, and started again',
    async play({ database, answered, pass }) {
      await answered(3);
      await database.stop('SIGKILL');
      await pass(10);
      await database.start();
    },
  },
  {
    name: 'the database server is stopped, and started again after tokens have ended',
    async play({ database, answered, pass }) {
      await answered(3);
      await database.stop();
      await pass(35);
      await database.start();
    },
  },
  {
    name: 'the database server is restarted three times',
    async play({ database, answered }) {
      for (let time = 0; time < 3; time++) {
        await answered(2);
        await database.stop();
        await database.start();
      }
    },
  },
  {
    name: 'the database server is suspended for 20 s',
    async play({ database, answered, pass }) {
      await answered(3);
      database.signal('SIGSTOP');
      await pass(20);
      database.signal('SIGCONT');
    },
  },
  ...[0, 13].map(
    (away): Fault => ({
      name:
        away > 0
          ? `the database is away for ${away} s, and has lost what it committed before`
          : 'the database loses what it committed in its last seconds',
      // The other one is played by `make test`.
      short: away > 0,
      async play({ sidecars, database, provider, answered, pass }) {
        await BREAKAGES.loseCommits(database, sidecars);
        await answered(6);
        await pass(0.5);
        await database.stop('SIGKILL');
        await pass(away);
        await database.start();
        await BREAKAGES.keepCommits(database);
        const rows = await database.rows('SELECT token_config_id, refresh_token FROM oauth2_token');
        const missing = rows.filter(([id, token]) => token !== provider.ledger.newestToken(Number(id)));
        console.log(`        commits lost: ${missing.length}`);
      },
    }),
  ),
  {
    name: 'the history holds 1.3 million rows: each token is renewed in time, and old rows go',
    async play({ sidecars, database, idle, ids }) {
      await Promise.all(sidecars.map((one) => one.stop()));
      await database.query(`INSERT INTO oauth2_sidecar_event (at, token_config_id, name, what, outcome, duration_ms)
        SELECT (UNIX_TIMESTAMP() - seq * ${SECONDS_BETWEEN}) * 1000, 1 + seq % ${ids.length},
          CONCAT('Chaos ', 1 + seq % ${ids.length}), 'renewal', 'ok', 100
        FROM ${BREAKAGES.numbersTo(ROWS)}`);
      await Promise.all(sidecars.map((one) => one.start()));
      const since = Date.now();
      const looks = () => Math.min(...sidecars.map(({ proxy }) => proxy.looks()));
      const enough = looks() + PASSES;
      await until('enough passes over the due list', () => looks() >= enough, 240_000);
      const late = idle(since);
      const [[left = ''] = []] = await database.rows('SELECT COUNT(*) FROM oauth2_sidecar_event');
      console.log(`        rows left: ${left}`);
      expect({ late, isPruned: Number(left) < ROWS }).to.deep.equal({ late: [], isPruned: true });
      expect(Number(left)).to.be.at.least(ROWS / 2);
      await database.query('TRUNCATE oauth2_sidecar_event');
    },
  },
];

describeFaults('the database', FAULTS);
