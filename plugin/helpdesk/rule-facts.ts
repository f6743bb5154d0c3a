import { realpathSync } from 'node:fs';
import path from 'node:path';
import { awayPage } from './away-page.js';

export interface RuleFactsOptions {
  /** SysConfig `ScriptAlias`. */
  scriptAlias: string;
  /** The helpdesk's folder. */
  home: string;
  /** The sidecar's own folder. */
  packageFolder: string;
  /** The service's name in systemd, with or without `.service`. */
  unit: string;
}

/** Collects what every web server's rules contain for this machine's helpdesk. */
export function ruleFacts({ scriptAlias, home, packageFolder, unit }: RuleFactsOptions): {
  scriptAlias: string;
  homes: string[];
  awayPage: string[];
} {
  const homes = [path.resolve(home)];
  try {
    homes.push(realpathSync(home));
  } catch {
    // Rules may be printed for a folder that does not exist yet.
  }
  const locales = path.join(packageFolder, 'templates/locales');
  return {
    scriptAlias,
    homes: [...new Set(homes)],
    awayPage: awayPage({ locales, scriptAlias, unit: unit.replace(/\.service$/, '') }),
  };
}
