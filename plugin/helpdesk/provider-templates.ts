import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { isClientCredentials } from '../domain/configuration/auth-flow.js';
import type { ProviderTemplate, ProviderTemplates } from '../domain/configuration/provider-template.js';
import { isServiceAccount } from '../domain/configuration/service-account.js';
import type { Log } from '../domain/log.js';
import type { Product } from '../domain/product/product.js';
import { COMMON } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';
import { readRegularFile } from '../lib/regular-file.js';

const MAX_BYTES = 256 * 1024;

export interface ProviderTemplatesDeps {
  /** In order of precedence: the site's folder, then the sidecar's. A folder may be missing. */
  folders: string[];
  /** The helpdesk's own folder. Its templates come last, and configurations are never compared with them. */
  helpdeskFolder: string;
  log: Log;
}

/** The folder of the helpdesk's own templates. */
export const helpdeskTemplatesFolder = (home: string, { screens }: Product) =>
  path.join(home, (screens ?? COMMON.screens).templates);

function broken(file: string, why: string): SidecarError {
  return new SidecarError('template-broken', { log: `${file}: ${why}` });
}

/** @throws SidecarError template-broken if it is not a file or not readable */
async function textOf(file: string): Promise<string> {
  try {
    return (await readRegularFile(file, { maxBytes: MAX_BYTES })).toString('utf8');
  } catch (error) {
    throw broken(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
}

/** A template file is a YAML list. As in the helpdesk, its first entry with a Name counts. */
function readTemplate(file: string, text: string, own: boolean): ProviderTemplate {
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 50 });
  } catch (error) {
    const line = error instanceof YAMLParseError ? ` in line ${error.linePos?.[0].line ?? 1}` : '';
    throw broken(file, `not valid YAML${line}`);
  }
  const entries: unknown[] = Array.isArray(content) ? content : [];
  const found = entries.find(
    (
      entry,
    ): entry is { Name: string; Config: ProviderTemplate['document']; Discovery?: unknown; Mail?: unknown } =>
      typeof entry === 'object' && entry !== null && typeof (entry as { Name?: unknown }).Name === 'string',
  );
  if (!found) throw broken(file, 'no list entry with a Name');
  if (typeof found.Config !== 'object' || found.Config === null || Array.isArray(found.Config)) {
    throw broken(file, 'Config is not a map');
  }
  return {
    filename: path.basename(file, '.yml'),
    // Znuny 7.2 has one template for each grant type, both with the same name.
    name:
      isClientCredentials(found.Config) && !isServiceAccount(found.Config)
        ? `${found.Name} (client credentials)`
        : found.Name,
    document: found.Config,
    own,
    discovery: Number(found.Discovery ?? 0) === 1,
    mail: found.Mail,
  };
}

/** Reads template files and caches them until a file changes. */
export function createProviderTemplates({
  folders,
  helpdeskFolder,
  log,
}: ProviderTemplatesDeps): ProviderTemplates {
  const cache = new Map<string, { version: string; template: ProviderTemplate | SidecarError }>();

  async function load(file: string): Promise<ProviderTemplate> {
    const { mtimeMs, size } = await stat(file);
    const version = `${mtimeMs}:${size}`;
    let entry = cache.get(file);
    if (entry?.version !== version) {
      if (size > MAX_BYTES) entry = { version, template: broken(file, 'larger than 256 KB') };
      else {
        try {
          entry = {
            version,
            template: readTemplate(file, await textOf(file), path.dirname(file) !== helpdeskFolder),
          };
        } catch (error) {
          if (!(error instanceof SidecarError)) throw error;
          entry = { version, template: error };
        }
      }
      if (entry.template instanceof SidecarError) log.warn({ code: 'template-broken' }, entry.template.log);
      cache.set(file, entry);
    }
    if (entry.template instanceof SidecarError) throw entry.template;
    return entry.template;
  }

  async function files(): Promise<string[]> {
    const listings = await Promise.all(
      [...folders, helpdeskFolder].map(async (folder) => {
        const names = await readdir(folder).catch(() => [] as string[]);
        return names.filter((name) => name.endsWith('.yml')).map((name) => path.join(folder, name));
      }),
    );
    return listings.flat();
  }

  return {
    async list() {
      const byName = new Map<string, ProviderTemplate>();
      const templates = await Promise.all((await files()).map((file) => load(file).catch(() => null)));
      for (const template of templates) {
        if (template && !byName.has(template.name)) byName.set(template.name, template);
      }
      return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
    },
    async get(filename) {
      const file = (await files()).find((candidate) => path.basename(candidate, '.yml') === filename);
      if (!file) throw new SidecarError('unknown-template');
      return load(file);
    },
  };
}
