import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';

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
    name: 'the database loses what it committed in its last seconds',
    short: true,
    async play({ database, provider, answered, pass }) {
      // Nothing reaches the disk any more.
      await database.query(
        'SET GLOBAL innodb_flush_log_at_timeout = 2000; SET GLOBAL innodb_flush_log_at_trx_commit = 0',
      );
      await answered(6);
      await pass(0.5);
      await database.stop('SIGKILL');
      await database.start();
      const rows = await database.rows('SELECT token_config_id, refresh_token FROM oauth2_token');
      const missing = rows.filter(([id, token]) => token !== provider.ledger.newestToken(Number(id)));
      console.log(`        commits lost: ${missing.length}`);
    },
  },
];

describeFaults('the database goes away', FAULTS);
