/** What MariaDB writes differently, and tests use: [theirs, ours]. The helpdesk's zone is UTC there. */
const WORDS: [RegExp, string][] = [
  [/\bTIMESTAMPDIFF\(SECOND, (\S+), (\S+)\)(?=[),])/g, 'CAST(extract(epoch FROM $2 - $1) AS INTEGER)'],
  [/\bINTERVAL (-?\d+) (SECOND|MINUTE|HOUR|DAY)\b/g, "INTERVAL '$1 $2'"],
  [/\b(?:UTC_TIMESTAMP|NOW)\(\)/g, "date_trunc('second', now() AT TIME ZONE 'UTC')"],
  [/\bUNIX_TIMESTAMP\(\)/g, 'CAST(floor(extract(epoch FROM now())) AS BIGINT)'],
  [/\bIFNULL\(/g, 'COALESCE('],
  // In one line: `databaseRows` would take each further one for a row.
  [/\bTO_BASE64\((\w+)\)/g, "translate(encode(convert_to($1, 'UTF8'), 'base64'), chr(10), '')"],
  [/\bFROM_BASE64\(('[^']*')\)/g, "convert_from(decode($1, 'base64'), 'UTF8')"],
  [/\bx('[\da-f]+')/g, "convert_from(decode($1, 'hex'), 'UTF8')"],
  [/\bJSON_EXTRACT\((\w+), '\$\.(\w+)'\)/g, "(CAST($1 AS JSON) -> '$2')"],
  [/\bJSON_VALUE\((\w+), '\$\.(\w+)'\)/g, "(CAST($1 AS JSON) ->> '$2')"],
  [/\bON DUPLICATE KEY UPDATE\b/g, 'ON CONFLICT (token_config_id) DO UPDATE SET'],
  [/\bDELETE (\w+) FROM (\w+ \1) JOIN (\w+ \w+) ON (.*?) WHERE\b/gs, 'DELETE FROM $2 USING $3 WHERE $4 AND'],
];

const VALUE = String.raw`'[^']*'|\d+|jsonb_build_\w+\((?:[^()]|\([^()]*\))*\)`;
const PAIR = new RegExp(String.raw`\s*'\$\.([\w.]+)',\s*(${VALUE}),?`, 'g');
const JSON_SET = new RegExp(String.raw`\bJSON_SET\((\w+),((?:\s*'\$\.[\w.]+',\s*(?:${VALUE}),?)+)\)`, 'g');

/** One jsonb_set for each path; the keys then come in another order. */
const setInJson = (query: string): string =>
  query
    .replace(/\bJSON_(OBJECT|ARRAY)\(/g, (_all, kind: string) => `jsonb_build_${kind.toLowerCase()}(`)
    .replace(JSON_SET, (_all, column: string, pairs: string) => {
      const set = [...pairs.matchAll(PAIR)].reduce((text, [, path = '', value = '']) => {
        const typed = value.startsWith("'") ? `CAST(${value} AS TEXT)` : value;
        return `jsonb_set(${text}, '{${path.replaceAll('.', ',')}}', to_jsonb(${typed}))`;
      }, `CAST(${column} AS JSONB)`);
      return `CAST(${set} AS TEXT)`;
    });

/** Tests write their statements as MariaDB reads them. */
export const inWordsOf = (isPostgres: boolean, query: string): string =>
  isPostgres ? WORDS.reduce((text, [theirs, ours]) => text.replace(theirs, ours), setInJson(query)) : query;
