import { instance } from '../lab/instance.js';
import { createDatabase, dropDatabase, dump, sql } from '../lab/mariadb.js';

/** The lab's instance for tests; its database and its helpdesk are only copied from here. */
export const lab = instance('test');

let copies = 0;

/** A private copy of the genuine helpdesk's tables and rows. */
export async function scratchDatabase(): Promise<{
  connection: { host: string; port: number; user: string; password: string; database: string };
  drop(): Promise<void>;
}> {
  const database = `scratch_${process.pid}_${copies++}`;
  await createDatabase(lab, database);
  await sql(lab, await dump(lab, lab.database.database), database);
  return { connection: { ...lab.database, database }, drop: () => dropDatabase(lab, database) };
}
