import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../lab/instance.js';
import { literal } from '../../support/sql.js';
import type { ChaosDatabase } from './database.js';
import type { Ledger } from './ledger.js';

const configName = (number: number) => `Chaos ${number}`;

function documentFor(tokenUrl: string): string {
  const file = path.join(ROOT, 'templates/providers/microsoft-common.yml');
  const [{ Config }] = parse(readFileSync(file, 'utf8')) as [
    { Config: { Requests: { TokenByRefreshToken: { Request: { URL: string } } } } },
  ];
  Config.Requests.TokenByRefreshToken.Request.URL = tokenUrl;
  return JSON.stringify({ ...Config, ClientID: 'x', ClientSecret: 'x', TemplateName: 'Microsoft Common' });
}

/**
 * Creates exactly this many configurations, each with the first tokens of its grant, as a consent would have left them.
 * @param ends seconds from now at which the access token of each ends
 */
export async function fillConfigs(
  { query }: Pick<ChaosDatabase, 'query'>,
  ledger: Ledger,
  tokenUrl: string,
  ends: readonly number[],
): Promise<void> {
  const document = documentFor(tokenUrl);
  const configs = ends.map(
    (_end, number) =>
      `(${number + 1}, ${literal(configName(number + 1))}, ${literal(document)}, 1, UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1)`,
  );
  const tokens = ends.map((end, at) => {
    const { accessToken, refreshToken } = ledger.grant(at + 1);
    return `(${at + 1}, ${literal(accessToken)}, UTC_TIMESTAMP() + INTERVAL ${Math.round(end)} SECOND, ${literal(refreshToken)},
      UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1)`;
  });
  await query(`DELETE FROM oauth2_token; DELETE FROM oauth2_token_config;
    DELETE FROM oauth2_sidecar_renewal; DELETE FROM oauth2_sidecar_event;
    INSERT INTO oauth2_token_config (id, name, config, valid_id, create_time, create_by, change_time, change_by)
      VALUES ${configs.join(',')};
    INSERT INTO oauth2_token (token_config_id, token, token_expiration_date, refresh_token, create_time, create_by,
      change_time, change_by) VALUES ${tokens.join(',')};`);
}
