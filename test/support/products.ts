import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { databaseServer, sql } from '../lab/database-server.js';
import { logFile } from '../lab/servers.js';
import { brokenHelpdesk } from './broken-helpdesk.js';
import { IS_POSTGRES, scratchDatabase } from './database.js';
import { lab } from './instance.js';
import { dsn, retype } from './sql.js';

export interface ProductFacts {
  /** Of the file RELEASE; null leaves the file out. */
  release: { product: string; version: string } | null;
  /** The first part of its scripts' names. */
  scripts?: string;
  /** In the place of the server's own. */
  dsn?: string;
  /** Further files, as in brokenHelpdesk. */
  files?: Record<string, string | null>;
}

/** As an OTRS 6 without OAuth2 has them. */
export const WITHOUT_TOKENS = `
  ALTER TABLE mail_account DROP CONSTRAINT FK_mail_account_oauth2_token_config_id_id,
    DROP COLUMN oauth2_token_config_id, DROP COLUMN authentication_type;
  DROP TABLE oauth2_token; DROP TABLE oauth2_token_config;`;

/** As OTOBO 11 names its table of groups. */
export const OF_OTOBO = `${WITHOUT_TOKENS} ALTER TABLE permission_groups RENAME TO groups_table;`;

/** As ((OTRS)) Community Edition 6.0.37 and newer has its tables; on each family of servers. */
export const OF_COMMUNITY_EDITION = [
  'ALTER TABLE oauth2_token RENAME COLUMN token_config_id TO config_id',
  'ALTER TABLE mail_account RENAME COLUMN authentication_type TO auth_method',
  ...['oauth2_token_config', 'oauth2_token'].map((table) => `ALTER TABLE ${table} DROP COLUMN dbcrud_uuid`),
  retype('oauth2_token_config', { config: IS_POSTGRES ? 'VARCHAR(5000) NOT NULL' : 'TEXT NOT NULL' }),
  retype('oauth2_token', {
    token: IS_POSTGRES ? 'VARCHAR(10000)' : 'TEXT',
    refresh_token: IS_POSTGRES ? 'VARCHAR(10000)' : 'TEXT',
    error_message: IS_POSTGRES ? 'VARCHAR(2000)' : 'TEXT',
    error_code: 'VARCHAR(250)',
  }),
];

async function statementsOnMariadb(database: string, work: () => Promise<unknown>): Promise<string[]> {
  await sql(lab, "SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1");
  try {
    await work();
  } finally {
    await sql(lab, 'SET GLOBAL general_log = 0');
  }
  const found = await sql(
    lab,
    `SELECT REPLACE(REPLACE(CONVERT(argument USING utf8mb4), '\\n', ' '), '\\t', ' ') FROM mysql.general_log
     WHERE command_type NOT IN ('Connect', 'Quit') AND thread_id IN (
       SELECT thread_id FROM mysql.general_log
       WHERE command_type = 'Connect' AND CONVERT(argument USING utf8mb4) LIKE '% on ${database} %')`,
  );
  return found.split('\n').filter((line) => line !== '');
}

/** The server writes those of one database to its log; a further line of a statement begins with a tab. */
async function statementsOnPostgres(database: string, work: () => Promise<unknown>): Promise<string[]> {
  const log = logFile(lab, databaseServer(lab));
  await sql(lab, `ALTER DATABASE "${database}" SET log_statement = 'all'`);
  const { size } = statSync(log);
  try {
    await work();
  } finally {
    await sql(lab, `ALTER DATABASE "${database}" RESET log_statement`);
  }
  const lines = readFileSync(log).subarray(size).toString('utf8').replaceAll('\n\t', ' ').split('\n');
  return lines.flatMap((line) => line.match(/ LOG: {2}(?:statement|execute [^:]*): (.*)$/)?.[1] ?? []);
}

export type ProductTables = Awaited<ReturnType<typeof productTables>>;

/** The genuine tables, changed into those of another product. Every statement that reaches them can be recorded. */
export async function productTables(change = '') {
  const { database, drop } = await scratchDatabase();
  if (change !== '') await sql(lab, change, database);
  return {
    database,
    drop,
    /** Statements that reached this database during `work`, from any connection. */
    statements: (work: () => Promise<unknown>): Promise<string[]> =>
      (IS_POSTGRES ? statementsOnPostgres : statementsOnMariadb)(database, work),
    /** Names of the tables, and of the columns that hold tokens. */
    async names(): Promise<string[]> {
      const found = await sql(
        lab,
        `SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${IS_POSTGRES ? 'public' : database}'`,
        database,
      );
      return found.trim().split('\n').sort();
    },
  };
}

/** The folder of a helpdesk of another product, otherwise the genuine one's. */
export function productHome(
  { release, scripts = 'otrs', dsn: named, files = {} }: ProductFacts,
  { database }: Pick<ProductTables, 'database'>,
) {
  const helpdesk = brokenHelpdesk({
    config: [
      `$Self->{Database} = '${database}';`,
      `$Self->{DatabaseDSN} = '${named ?? dsn(database, lab.database)}';`,
    ].join('\n'),
    files: {
      ...files,
      RELEASE: release === null ? null : `PRODUCT = ${release.product}\nVERSION = ${release.version}\n`,
      ...(scripts === 'otrs'
        ? {}
        : { 'bin/otrs.Console.pl': null, [`bin/${scripts}.Console.pl`]: '#!/usr/bin/perl\n' }),
    },
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'products-'));
  const state = path.join(folder, 'state');
  return {
    home: helpdesk.home,
    state,
    env: { ...process.env, HELPDESK_HOME: helpdesk.home, SIDECAR_STATE: state } as Record<string, string>,
    remove() {
      helpdesk.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
