import type { TokenConfigStore } from '../domain/ports.js';
import { writeTokenConfigYaml } from './token-config-yaml.js';

export interface ExportDeps {
  tokenConfigs: Pick<TokenConfigStore, 'all'>;
}

/**
 * All configurations as YAML for backup and migration. Holds client secrets, never tokens.
 * @param formatDate a date as text in the helpdesk's zone
 */
export async function exportTokenConfigs(
  deps: ExportDeps,
  formatDate: (date: Date) => string,
): Promise<string> {
  return writeTokenConfigYaml(await deps.tokenConfigs.all(), formatDate);
}
