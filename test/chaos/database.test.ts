import { prepareSidecarUser, SIDECAR_USER } from '../lab/sidecar-user.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { lockTokens, openSession } from './rig/sessions.js';

/** Every write to a token fails with this number of the server. */
const refused = (errno: number, what: string): Fault => ({
  name: `the database refuses every token for a minute: ${what} (${errno})`,
  short: errno === 1114,
  async play({ database, pass }) {
    await database.query(`CREATE TRIGGER chaos BEFORE UPDATE ON oauth2_token FOR EACH ROW
      SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'chaos'`);
    await pass(60);
    await database.query('DROP TRIGGER chaos');
  },
});

const FAULTS: Fault[] = [
  {
    name: 'MariaDB is killed, and started again',
    async play({ database, answered, pass }) {
      await answered(3);
      await database.stop('SIGKILL');
      await pass(10);
      await database.start();
    },
  },
  {
    name: 'MariaDB is stopped, and started again after tokens have ended',
    async play({ database, answered, pass }) {
      await answered(3);
      await database.stop();
      await pass(35);
      await database.start();
    },
  },
  {
    name: 'MariaDB is restarted three times',
    async play({ database, answered }) {
      for (let time = 0; time < 3; time++) {
        await answered(2);
        await database.stop();
        await database.start();
      }
    },
  },
  {
    name: 'MariaDB is suspended for 20 s',
    async play({ database, answered, pass }) {
      await answered(3);
      database.signal('SIGSTOP');
      await pass(20);
      database.signal('SIGCONT');
    },
  },
  {
    name: 'MariaDB is read-only for 20 s',
    async play({ database, answered, pass }) {
      await answered(3);
      await database.query('SET GLOBAL read_only = 1');
      await pass(20);
      await database.query('SET GLOBAL read_only = 0');
    },
  },
  {
    name: 'others take all connections of MariaDB for 20 s',
    async play({ database, answered, pass, sidecars }) {
      await answered(3);
      await database.query('SET GLOBAL max_connections = 12');
      for (const { proxy } of sidecars) proxy.cut();
      const sessions = await Promise.all(
        Array.from({ length: 12 }, () => openSession(database).catch(() => null)),
      );
      await pass(20);
      for (const session of sessions) await session?.end().catch(() => undefined);
      await database.query('SET GLOBAL max_connections = 60');
    },
  },
  {
    name: 'the table of the tokens is locked for 20 s',
    async play({ database, answered, pass }) {
      await answered(3);
      const session = await openSession(database);
      await session.query('LOCK TABLES oauth2_token WRITE');
      await pass(20);
      await session.end();
    },
  },
  {
    name: 'one row is locked for a minute: it alone waits',
    short: true,
    async play({ database, provider, ids, answered, pass, random }) {
      await answered(3);
      const locked = ids[random.below(ids.length)] ?? 1;
      const unlock = await lockTokens(database, [locked]);
      const since = Date.now();
      await pass(60);
      const idle = provider.ledger
        .exchangesSince(since)
        .filter(({ number, count }) => number !== locked && count === 0);
      await unlock();
      if (idle.length > 0) throw new Error(`Others waited with it: ${idle.map(({ number }) => number)}`);
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
  {
    name: 'all open connections to the database fall silent',
    short: true,
    async play({ sidecars, answered }) {
      await answered(3);
      for (const { proxy } of sidecars) proxy.silence();
    },
  },
  {
    name: 'all connections to the database are silent for 30 s, new ones too',
    async play({ sidecars, answered, pass }) {
      await answered(3);
      for (const { proxy } of sidecars) {
        proxy.silenceNew(true);
        proxy.silence();
      }
      await pass(30);
      for (const { proxy } of sidecars) {
        proxy.silenceNew(false);
        proxy.silence();
      }
    },
  },
  {
    name: 'connections to the database are cut again and again',
    async play({ sidecars, pass, random }) {
      for (let time = 0; time < 10; time++) {
        for (const { proxy } of sidecars) proxy.cut();
        await pass(random.between(0.3, 2));
      }
    },
  },
  {
    name: 'the connection breaks while a commit is on its way',
    short: true,
    async play({ sidecars, pass }) {
      for (const { proxy } of sidecars) proxy.cutAfter(/commit/i);
      await pass(20);
      for (const { proxy } of sidecars) proxy.cutAfter(undefined);
    },
  },
  {
    name: 'each packet to and from the database takes 150 ms',
    async play({ sidecars, pass }) {
      for (const { proxy } of sidecars) proxy.delay(150);
      await pass(30);
      for (const { proxy } of sidecars) proxy.delay(0);
    },
  },
  refused(1114, 'the table is full'),
  refused(1047, 'the node is not in step'),
  refused(1030, 'the storage engine reports an error'),
  {
    name: 'the right to write tokens is missing for 40 s',
    async play({ database, answered, pass }) {
      await answered(3);
      const { server } = database;
      const account = `'${SIDECAR_USER.user}'@'${server.database.host}'`;
      const [[columns = ''] = []] = await database.rows(
        `SELECT GROUP_CONCAT(column_name) FROM information_schema.column_privileges
         WHERE grantee = "${account}" AND table_name = 'oauth2_token' AND privilege_type = 'UPDATE'
           AND table_schema = '${server.database.database}'`,
      );
      const what = columns === '' || columns === 'NULL' ? 'UPDATE' : `UPDATE (${columns})`;
      await database.query(`REVOKE ${what} ON oauth2_token FROM ${account}`);
      await pass(40);
      await prepareSidecarUser(server);
    },
  },
  {
    name: 'the database loses what it committed in its last seconds',
    short: true,
    async play({ database, answered, pass }) {
      await database.query(
        'SET GLOBAL innodb_flush_log_at_timeout = 4; SET GLOBAL innodb_flush_log_at_trx_commit = 0',
      );
      await answered(6);
      await pass(0.3);
      await database.stop('SIGKILL');
      await database.start();
    },
  },
  {
    name: 'one sidecar is cut off from the database until its leases have ended',
    sidecars: [2, 3],
    async play({ sidecar, provider, asked, pass, endLeases }) {
      await asked(2);
      sidecar.proxy.refuse(true);
      sidecar.proxy.cut();
      await pass(provider.lifetime());
      await endLeases();
      await pass(15);
      sidecar.proxy.refuse(false);
    },
  },
];

describeFaults('database', FAULTS);
