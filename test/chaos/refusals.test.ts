import { prepareSidecarUser, SIDECAR_USER } from '../lab/sidecar-user.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';

/** Every write to a token fails with this error number of the server. */
const refused = (errno: number, what: string): Fault => ({
  name: `the database refuses every token for 30 s: ${what} (${errno})`,
  short: errno === 1114,
  async play({ database, pass }) {
    await database.query(`CREATE TRIGGER chaos BEFORE UPDATE ON oauth2_token FOR EACH ROW
      SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'chaos'`);
    await pass(30);
    await database.query('DROP TRIGGER chaos');
  },
});

const FAULTS: Fault[] = [
  {
    name: 'MariaDB is read-only for 20 s',
    async play({ database, answered, pass }) {
      await answered(3);
      await database.query('SET GLOBAL read_only = 1');
      await pass(20);
      await database.query('SET GLOBAL read_only = 0');
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
];

describeFaults('the database refuses to write', FAULTS);
