import { withoutSecrets } from '../domain/configuration/document-secrets.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import { SidecarError } from '../errors.js';
import { writeTokenConfigYaml } from './write-token-config-yaml.js';

export interface ExportDeps {
  tokenConfigs: Pick<TokenConfigStore, 'all' | 'byId'>;
}

export interface ExportInput {
  /** One configuration; without it, all. */
  id?: number | undefined;
  /** Includes client secrets and all other secrets of a document. Tokens are never exported. */
  withSecrets: boolean;
  /** Formats a date in the helpdesk's time zone. */
  formatDate: (date: Date) => string;
}

/**
 * Exports configurations as YAML for backup and migration, in the helpdesk's own format.
 * @throws SidecarError unknown-token-config
 */
export async function exportTokenConfigs(
  { tokenConfigs }: ExportDeps,
  { id, withSecrets, formatDate }: ExportInput,
): Promise<string> {
  let configs: TokenConfig[];
  if (id === undefined) configs = await tokenConfigs.all();
  else {
    const one = await tokenConfigs.byId(id);
    if (!one) throw new SidecarError('unknown-token-config');
    configs = [one];
  }
  const shown = withSecrets
    ? configs
    : configs.map((config) => ({ ...config, document: withoutSecrets(config.document) }));
  return writeTokenConfigYaml(shown, formatDate);
}
