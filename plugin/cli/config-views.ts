import { withoutSecrets } from '../domain/configuration/document-secrets.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';

/** Texts of table `valid`. */
const VALIDITIES: Record<number, string> = { 1: 'valid', 2: 'invalid', 3: 'invalid-temporarily' };
export const validityOf = ({ validId }: Pick<TokenConfig, 'validId'>): string =>
  VALIDITIES[validId] ?? 'invalid';

/** A configuration as JSON. Secrets only where they were asked for. */
export const asJson = (config: TokenConfig, withSecrets: boolean) => ({
  id: config.id,
  name: config.name,
  valid: config.validId === 1,
  validId: config.validId,
  config: withSecrets ? config.document : withoutSecrets(config.document),
  hasClientSecret: Boolean(config.document.ClientSecret),
  createTime: config.createTime,
  createBy: config.createBy,
  changeTime: config.changeTime,
  changeBy: config.changeBy,
});
