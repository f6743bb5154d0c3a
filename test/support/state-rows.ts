import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { databaseRows, inOneTransaction } from './database.js';

const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;

export interface StateRow {
  name: string;
  /** Further keys of the document. */
  document?: object;
  validId?: number;
  /** Minutes from now; without it there is no access token. */
  endsIn?: number;
  refreshToken?: boolean;
  error?: [word: string, description: string];
}

/**
 * Configurations as somebody else would write them, in the states that a test needs; waits until the renewal service
 * knows them.
 */
export async function stateRows(rows: StateRow[]): Promise<void> {
  const file = path.join(ROOT, 'templates/providers/microsoft-common.yml');
  const [{ Config }] = parse(readFileSync(file, 'utf8')) as [{ Config: object }];
  for (const { name, document = {}, validId = 1, endsIn, refreshToken = true, error } of rows) {
    const config = {
      ...Config,
      ClientID: 'x',
      ClientSecret: 'x',
      TemplateName: 'Microsoft Common',
      Notifications: { NotifyOnExpiredToken: 1, NotifyOnExpiredRefreshToken: 1 },
      ...document,
    };
    const ends = endsIn === undefined ? 'NULL' : `UTC_TIMESTAMP() + INTERVAL ${endsIn} MINUTE`;
    const statements = [
      `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES (${quote(name)}, ${quote(JSON.stringify(config))}, ${validId}, UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1)`,
      `INSERT INTO oauth2_token (token_config_id, token, token_expiration_date, refresh_token, error_message,
         error_description, create_time, create_by, change_time, change_by)
       SELECT id, ${endsIn === undefined ? 'NULL' : "'t'"}, ${ends}, ${endsIn !== undefined && refreshToken ? "'r'" : 'NULL'},
         ${error ? quote(error[0]) : 'NULL'}, ${error ? quote(error[1]) : 'NULL'}, UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1
       FROM oauth2_token_config WHERE name = ${quote(name)}`,
    ];
    // Otherwise the state that is waited for below could be that of the configuration without its token.
    await inOneTransaction(endsIn === undefined && !error ? statements.slice(0, 1) : statements);
  }
  await until(
    'the renewal service has seen them',
    async () =>
      Number(
        (
          await databaseRows(
            `SELECT COUNT(*) FROM oauth2_token_config c LEFT JOIN oauth2_sidecar_renewal r ON r.token_config_id = c.id
       WHERE r.state IS NULL`,
          )
        )[0]?.[0],
      ) === 0,
    60_000,
  );
}
