import { expect } from 'chai';
import { codeIn, codeOf, read, SOURCES } from './sources.js';

const DIALECTS = 'db/dialect/';
/** What is inside the folder of one family. */
const FAMILIES = /^db\/dialect\/(?:mysql|postgres)\//;

const NAME = 'a driver or a server by its name';

/**
 * What only one family of database servers, or its driver, understands. Standard SQL and what Knex translates is left
 * out.
 */
const OF_ONE_DIALECT: Record<string, RegExp> = {
  [NAME]: /mysql|mariadb|galera|innodb|wsrep|pg_catalog|postgres/i,
  'a code of an error': /\bER_[A-Z]|\bPROTOCOL_[A-Z]|\bHANDSHAKE_[A-Z]|\bsqlState\b|\berrno\b/,
  'what the driver takes and returns':
    /\bIN \(\?\)|\b(affectedRows|insertId|changedRows)\b|(const|let)\s*\[[^\]]*\]\s*=\s*await [^;]*\.raw\(|\(await [^;]*\.raw\([^;]*\)\)\s*\[0\]|\[\s*\w+\s*\]\s*=\s*await [^;]*\.insert\(/,
  'a form of INSERT or UPDATE':
    /ON DUPLICATE KEY|INSERT IGNORE|REPLACE INTO|ON CONFLICT|RETURNING|\.onConflict\(|\.returning\(|\bUPDATE [^;]*\bJOIN\b|\b(?:UPDATE|DELETE) [^;]*\bLIMIT \?|\.limit\([^)]*\)\.(?:delete|del|update)\(/,
  'a hint or a lock':
    /STRAIGHT_JOIN|(?:FORCE|USE|IGNORE) INDEX|GET_LOCK|RELEASE_LOCK|advisory_lock|LOCK TABLES|LOCK IN SHARE MODE/,
  'a character set or a collation':
    /utf8mb\d|ascii_(?:bin|general)|CHARACTER SET|\bCOLLATE\b|\bCONVERT\(|\.charset\(|\.engine\(|\bENGINE ?=/,
  'a function of dates':
    /\b(?:UNIX_TIMESTAMP|FROM_UNIXTIME|UTC_TIMESTAMP|NOW|SYSDATE|CURDATE|DATE_ADD|DATE_SUB|STR_TO_DATE|to_timestamp)\(|\bINTERVAL \?|\bINTERVAL '|\bEXTRACT\(/,
  'another function or operator':
    /\b(?:CRC32|CONCAT|IF|IFNULL|GROUP_CONCAT|LAST_INSERT_ID|JSON_EXTRACT|JSON_VALUE|ROW_COUNT|md5)\(|\bAS BINARY\b|\bRLIKE\b|\bREGEXP\b|\bILIKE\b|\bESCAPE '|<=>|->>|::(?:text|int|bigint)\b/,
  'the catalogue':
    /information_schema|INFORMATION_SCHEMA|performance_schema|\bTABLE_SCHEMA\b|\bUPDATE_TIME\b|\bPROCESSLIST\b|\bSHOW [A-Z]{4}|\bVERSION\(\)/,
  'users and rights':
    /\b(?:CREATE|ALTER|DROP) (?:USER|ROLE)\b|IDENTIFIED BY|CURRENT_USER|\?@\?|\b(?:GRANT|REVOKE) [^;]*\bON /,
  'a type or a change of a table':
    /\b(?:TINYINT|BIGINT|SMALLINT|MEDIUMINT|VARCHAR|CHAR\(|MEDIUMTEXT|LONGTEXT|MEDIUMBLOB|LONGBLOB|DATETIME|AUTO_INCREMENT|BIGSERIAL|BYTEA)\b|\b(?:CREATE|ALTER) TABLE\b|FOREIGN KEY|GENERATED ALWAYS/,
  'a variable of the session':
    /@@\w|\bSET (?:SESSION|GLOBAL)\b|sql_mode|max_execution_time|max_statement_time|statement_timeout|\/\*!/,
  'a command of the server': /\bKILL (?:QUERY )?[$?\d]|\bEXPLAIN\b|\bANALYZE TABLE\b/,
};

/** A backtick inside a template, where names are quoted as one family does. */
const QUOTED_NAME = /(?<!\\)\\`/;

/** Files that must name servers and drivers; nothing else of one family may be in them. */
const NAMING: Record<string, string> = {
  'db/database.ts': 'chooses the dialect',
  'plugin/config/database-credentials.ts': 'reads DatabaseDSN, which names the driver of the Perl side',
  'plugin/config/database-server.ts': 'reads what SIDECAR_DATABASE_SERVER names',
  'plugin/config/postgres-credentials.ts': 'reads DatabaseDSN and the TLS options of that driver',
  'plugin/config/database-tls.ts': 'reads the TLS options of that driver',
  'plugin/cli/commands/install.ts': 'names the superusers that servers usually have',
  'plugin/packaging/bundle.ts': 'leaves out of the bundle what the drivers would load',
  'plugin/packaging/build-deb.ts': 'names packages of the distribution',
  'plugin/install/systemd-unit.ts': 'names services of the distribution',
};

/** What code uses of one dialect: the kind, and where. */
function faultsIn(code: string): string[] {
  const kinds = Object.entries({ ...OF_ONE_DIALECT, 'a name in backticks': QUOTED_NAME });
  return code.split(/;\n?|\n/).flatMap((statement) =>
    kinds.flatMap(([kind, pattern]) => {
      const found = pattern.exec(statement);
      return found ? [`${kind}: ${statement.slice(Math.max(0, found.index - 30), found.index + 60)}`] : [];
    }),
  );
}

describe('code for one family of database servers', () => {
  it('is detected by these checks', () => {
    for (const planted of [
      "knex.raw('INSERT INTO a (b) VALUES (1) ON DUPLICATE KEY UPDATE b = 2')",
      "knex.raw('INSERT IGNORE INTO a (b) VALUES (1)')",
      "knex('a').insert({ b: 1 }).onConflict('b').merge()",
      "knex.raw('SELECT 1 FROM a STRAIGHT_JOIN b')",
      "knex.raw('SELECT CONVERT(a USING utf8mb4) FROM b')",
      "knex.raw('SELECT UNIX_TIMESTAMP() * 1000')",
      "knex.raw('SELECT a - INTERVAL ? SECOND FROM b')",
      "knex.select('UPDATE_TIME').from('information_schema.TABLES')",
      "knex.raw('SHOW GRANTS')",
      'knex.raw("SELECT GET_LOCK(\'a\', 1)")',
      "if (error.code === 'ER_DUP_ENTRY') throw error",
      'if (error.errno === 1062) throw error',
      "const { createPool } = await import('mysql2')",
      'knex.raw(`SELECT \\`a\\` FROM b`)',
      "table.specificType('a', 'VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin')",
      "table.specificType('a', 'TINYINT')",
      'knex.raw("SELECT a ->> \'$.b\' FROM c")',
      "knex.raw('SELECT LAST_INSERT_ID()')",
      "knex.raw('SET SESSION max_statement_time = 1')",
      'knex.raw(`KILL ${id}`)',
      "knex.raw('UPDATE a JOIN b ON b.id = a.id SET a.c = 1')",
      'knex(TABLE).where({ a: 1 }).limit(5).delete()',
      'const [rows] = await knex.raw(sql)',
      "const [id] = await knex('a').insert({ b: 1 })",
      "knex.raw('DELETE FROM a WHERE b IN (?)', [ids])",
      "knex.raw('SELECT IF(a, b, c) FROM d')",
      'knex.raw("GRANT SELECT ON a TO \'b\'")',
    ])
      expect(faultsIn(codeOf(`async function f() { ${planted} }`)), planted).to.not.deep.equal([]);
    for (const standard of [
      "knex('a').where({ b: 1 }).forUpdate().first()",
      "knex.raw('UPDATE a SET b = CASE WHEN c = ? THEN 1 ELSE b END WHERE d IN (?, ?)')",
      "knex.raw('SELECT COUNT(*) AS number')",
      '/* STRAIGHT_JOIN, ER_DUP_ENTRY */ run()',
      "phrase('It limits this to %s.', 5)",
    ])
      expect(faultsIn(codeOf(standard)), standard).to.deep.equal([]);
  });

  it('is only in its dialect (db/dialect): no other source has its statements, codes or names', () => {
    const faults = SOURCES.filter((file) => !file.startsWith(DIALECTS)).flatMap((file) =>
      faultsIn(codeIn(file))
        .filter((fault) => !(file in NAMING && fault.startsWith(NAME)))
        .map((fault) => `${file}: ${fault}`),
    );
    expect(
      faults,
      'ask the dialect; what it cannot say yet becomes an operation of db/dialect',
    ).to.deep.equal([]);
  });

  it('has exceptions only for files that need them', () => {
    const needless = Object.keys(NAMING).filter((file) => faultsIn(codeIn(file)).length === 0);
    expect(needless).to.deep.equal([]);
  });

  it('is not in the interface of the dialects: only the folder of a family names one', () => {
    const faults = SOURCES.filter((file) => file.startsWith(DIALECTS) && !FAMILIES.test(file)).flatMap(
      (file) => faultsIn(codeIn(file)).map((fault) => `${file}: ${fault}`),
    );
    expect(faults).to.deep.equal([]);
  });

  it('is imported by name where a dialect is chosen and nowhere else', () => {
    const faults = SOURCES.filter(
      (file) =>
        !FAMILIES.test(file) &&
        file !== 'db/database.ts' &&
        /from '[^']*dialect\/(?:mysql|postgres)\//.test(read(file)),
    );
    expect(faults).to.deep.equal([]);
  });
});
