import { readFileSync } from 'node:fs';
import { schemaFile } from '../lab/golden.js';
import { createDatabase, dropDatabase, sql } from '../lab/mariadb.js';
import { lab } from './instance.js';

let count = 0;

/** A fresh private copy of the genuine helpdesk's schema and first rows. */
export async function scratchDatabase() {
  const database = `scratch_${process.pid}_${count++}`;
  await createDatabase(lab, database);
  await sql(lab, readFileSync(schemaFile(lab)), database);
  const { host, port, user, password } = lab.database;
  return {
    database,
    connection: { host, port, user, password, database },
    drop: () => dropDatabase(lab, database),
  };
}

/** Rows of a query on the test instance's helpdesk, as texts. */
export async function databaseRows(query: string): Promise<string[][]> {
  const text = await sql(lab, query, lab.database.database);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}
