import { stringify } from 'yaml';
import type { TokenConfig } from '../domain/token-config.js';

/**
 * Writes configurations as the helpdesk exports them: a list, one map each without its ID, keys sorted, dates in the
 * helpdesk's zone.
 * @param formatDate `2026-11-24 14:05:00` in the helpdesk's zone (SysConfig OTRSTimeZone)
 */
export function writeTokenConfigYaml(configs: TokenConfig[], formatDate: (date: Date) => string): string {
  const entries = configs.map((config) => ({
    ChangeBy: config.changeBy,
    ChangeTime: formatDate(config.changeTime),
    Config: config.document,
    CreateBy: config.createBy,
    CreateTime: formatDate(config.createTime),
    Name: config.name,
    ValidID: config.validId,
  }));
  return `---\n${stringify(entries, { sortMapEntries: true, lineWidth: 0, version: '1.1', aliasDuplicateObjects: false })}`;
}
