import type { TokenConfig } from '../../plugin/domain/configuration/token-config.js';
import type { Dates } from '../dates.js';
import { parseDocument } from '../json-document.js';

/** Table `oauth2_token_config`, without dbcrud_uuid, which is the helpdesk's own. */
export interface ConfigRow {
  id: number;
  name: string;
  config: string;
  valid_id: number;
  create_time: string;
  create_by: number;
  change_time: string;
  change_by: number;
}

export const CONFIG_COLUMNS = [
  'id',
  'name',
  'config',
  'valid_id',
  'create_time',
  'create_by',
  'change_time',
  'change_by',
] as const satisfies (keyof ConfigRow)[];

export function toTokenConfig(row: ConfigRow, dates: Dates): TokenConfig {
  return {
    id: row.id,
    name: row.name,
    document: parseDocument(row.config),
    validId: row.valid_id,
    createTime: dates.readRequired(row.create_time),
    createBy: row.create_by,
    changeTime: dates.readRequired(row.change_time),
    changeBy: row.change_by,
  };
}
