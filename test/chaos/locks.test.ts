import { BREAKAGES } from './rig/breakages.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { lockTokens, openSession } from './rig/sessions.js';

const FAULTS: Fault[] = [
  {
    name: 'the table of the tokens is locked for 20 s',
    async play({ database, answered, pass }) {
      await answered(3);
      const session = await openSession(database);
      await BREAKAGES.lockTable(session, 'oauth2_token');
      await pass(20);
      await session.end();
    },
  },
  {
    name: 'one row is locked for 40 s: it alone waits',
    short: true,
    async play({ database, ids, idle, answered, pass, random }) {
      await answered(3);
      const locked = ids[random.below(ids.length)] ?? 1;
      const unlock = await lockTokens(database, [locked]);
      const since = Date.now();
      await pass(40);
      const others = idle(since).filter((number) => number !== locked);
      await unlock();
      if (others.length > 0) throw new Error(`Others waited with it: ${others}`);
    },
  },
  {
    name: 'all rows are locked for 40 s',
    async play({ database, ids, answered, pass }) {
      await answered(3);
      const unlock = await lockTokens(database, ids);
      await pass(40);
      await unlock();
    },
  },
  {
    name: 'somebody else locks rows in another order, all the time',
    async play({ database, ids, random }) {
      const session = await openSession(database);
      const end = Date.now() + 20_000;
      const write = (id: number | undefined) =>
        session.query(`UPDATE oauth2_token SET change_by = 1 WHERE token_config_id = ${id}`);
      while (Date.now() < end) {
        await session.query('BEGIN');
        const last = await write(ids[random.below(ids.length)])
          .then(() => write(ids[random.below(ids.length)]))
          .then(() => 'COMMIT')
          // The server has rolled one of both back.
          .catch(() => 'ROLLBACK');
        await session.query(last);
      }
      await session.end();
    },
  },
];

describeFaults('others lock rows', FAULTS);
