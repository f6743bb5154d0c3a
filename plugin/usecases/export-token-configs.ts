import { partWithoutSecrets, withoutSecrets } from '../domain/configuration/document-secrets.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import { SidecarError } from '../errors.js';
import { remembering } from '../lib/shared-parts.js';
import { writeTokenConfigYaml } from './write-token-config-yaml.js';

export interface ExportDeps {
  tokenConfigs: Pick<TokenConfigStore, 'pages' | 'byId'>;
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
 * Exports configurations as YAML (UTF-8) for backup and migration, in the helpdesk's own format. Yields one piece at
 * a time: ten thousand configurations take no more memory than one page of them.
 * @throws SidecarError unknown-token-config, and the database's errors before the first piece
 */
export async function exportTokenConfigs(
  { tokenConfigs }: ExportDeps,
  { id, withSecrets, formatDate }: ExportInput,
): Promise<AsyncGenerator<Buffer>> {
  const clean = remembering(partWithoutSecrets);
  const shown = (configs: TokenConfig[]) =>
    withSecrets
      ? configs
      : configs.map((config) => ({ ...config, document: withoutSecrets(config.document, clean) }));
  if (id === undefined) {
    const pages = await tokenConfigs.pages();
    return writeTokenConfigYaml(mapped(pages, shown), formatDate);
  }
  const one = await tokenConfigs.byId(id);
  if (!one) throw new SidecarError('unknown-token-config');
  return writeTokenConfigYaml([shown([one])], formatDate);
}

async function* mapped<T>(pages: AsyncIterable<T>, change: (page: T) => T): AsyncGenerator<T> {
  for await (const page of pages) yield change(page);
}
