import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../lab/instance.js';
import { databaseRows } from '../support/database.js';
import { literal } from '../support/sql.js';

/**
 * Makes the database hold exactly `count` configurations with tokens of a real provider's size.
 * @param tokenUrl for the renewal; default Microsoft's
 */
export async function fill(count: number, tokenUrl?: string): Promise<void> {
  const file = path.join(ROOT, 'templates/providers/microsoft-common.yml');
  const [{ Config }] = parse(readFileSync(file, 'utf8')) as [
    { Config: { Requests: { TokenByRefreshToken: { Request: { URL: string } } } } },
  ];
  if (tokenUrl !== undefined) Config.Requests.TokenByRefreshToken.Request.URL = tokenUrl;
  const document = JSON.stringify({
    ...Config,
    ClientID: 'bench',
    ClientSecret: 'bench',
    TemplateName: 'Microsoft Common',
  });
  await databaseRows('DELETE FROM oauth2_token');
  await databaseRows('DELETE FROM oauth2_token_config');
  const names = Array.from({ length: count }, (_none, n) => `Mailbox ${String(n).padStart(4, '0')}`);
  const values = names.map(
    (name) => `(${literal(name)}, ${literal(document)}, 1, UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1)`,
  );
  // A few at a time: the size of a statement is limited (max_allowed_packet).
  for (let from = 0; from < count; from += 500)
    await databaseRows(
      `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by) VALUES ${values.slice(from, from + 500).join(',')}`,
    );
  // Valid for a day, so that the renewal service leaves them alone while we measure.
  await databaseRows(
    `INSERT INTO oauth2_token (token_config_id, token, token_expiration_date, refresh_token, create_time, create_by, change_time, change_by)
     SELECT id, REPEAT('t', 2000), UTC_TIMESTAMP() + INTERVAL 1 DAY, REPEAT('r', 1200), UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1
     FROM oauth2_token_config`,
  );
}
