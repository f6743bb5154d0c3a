import { existsSync } from 'node:fs';
import path from 'node:path';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { Log } from '../domain/log.js';
import { coalesce } from '../lib/coalesce.js';
import { removeFiles } from '../lib/remove-files.js';
import type { HelpdeskConsole } from './console.js';

export interface CachesDeps {
  settings: SettingsReader;
  home: string;
  console: HelpdeskConsole;
  log: Log;
  /** The helpdesk caches each token. */
  cachesTokens: boolean;
  /** Runs something later, if this process still runs then. */
  later?(work: () => void, afterMs: number): void;
}

/**
 * Cache types that hold configurations and tokens. Znuny 7.3 caches a configuration's name with each outbound
 * email profile for three weeks and finds the token by it.
 */
const typesOf = (home: string): string[] => [
  'OAuth2TokenConfig',
  'OAuth2Token',
  ...(existsSync(path.join(home, 'Kernel/System/SendmailConfig.pm')) ? ['SendmailConfig'] : []),
];

/** By then, whoever has read a token before it changed has put it into the cache. Milliseconds. */
const AGAIN = 3000;

const unlessEnded = (work: () => void, afterMs: number): void => void setTimeout(work, afterMs).unref();

/**
 * Clears the helpdesk's cached lists, so that it sees our rows at once. Its default cache has a folder for
 * each type. The console clears any other cache module, which takes about half a second. Other front ends
 * have their own folders: for them, sysconfig/definitions shortens the time that lists are cached. Where tokens are
 * cached, a fetch may read one just before it changes, and put it back just after: there the cache is cleared twice.
 */
export function createCaches({
  settings,
  home,
  console,
  log,
  cachesTokens,
  later = unlessEnded,
}: CachesDeps): HelpdeskCaches {
  const forget = async (): Promise<void> => {
    const current = await settings.current();
    try {
      if (current.text('Cache::Module', 'Kernel::System::Cache::FileStorable').endsWith('::FileStorable')) {
        const folder = path.join(current.text('TempDir', path.join(home, 'var/tmp')), 'CacheFileStorable');
        await Promise.all(typesOf(home).map((type) => removeFiles(path.join(folder, type))));
      } else {
        for (const type of typesOf(home)) await console('Maint::Cache::Delete', '--type', type);
      }
    } catch (error) {
      // The rows are already written: a cache that was not cleared is no reason to report a failure.
      log.error(
        { fault: error instanceof Error ? error.name : 'unknown' },
        "The helpdesk's cache was not cleaned",
      );
    }
  };
  const forgetOnce = coalesce(forget);
  if (!cachesTokens) return { forgetTokenConfigs: forgetOnce };
  return {
    async forgetTokenConfigs() {
      await forgetOnce();
      later(() => void forgetOnce(), AGAIN);
    },
  };
}
