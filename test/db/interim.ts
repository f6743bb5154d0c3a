import { execSync } from 'node:child_process';

let n = 0;
export async function scratchDatabase() {
  const database = `znuny_db_${process.pid}_${n++}`;
  execSync(
    `mysql -e "create database ${database} character set utf8mb3; grant all on ${database}.* to lab@'127.0.0.1'" && mysqldump --single-transaction znuny | mysql ${database}`,
  );
  return {
    database,
    connection: { host: '127.0.0.1', port: 3306, user: 'lab', password: 'lab', database },
    drop: async () => {
      execSync(`mysql -e "drop database ${database}; revoke all on ${database}.* from lab@'127.0.0.1'"`);
    },
  };
}
export const lab = { home: process.env.LAB_HOME ?? '' };
