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
  /** The service, as systemd names it; `.service` at its end may be there or not. */
  unit: string;
}

/** What the rules of every web server are made of, for the helpdesk of this machine. */
export function ruleFacts({ scriptAlias, home, packageFolder, unit }: RuleFactsOptions): {
  scriptAlias: string;
  homes: string[];
  awayPage: string[];
} {
  const homes = [path.resolve(home)];
  try {
    homes.push(realpathSync(home));
  } catch {
    // Rules may be printed for a folder that is not there yet.
  }
  const locales = path.join(packageFolder, 'templates/locales');
  return {
    scriptAlias,
    homes: [...new Set(homes)],
    awayPage: awayPage({ locales, scriptAlias, unit: unit.replace(/\.service$/, '') }),
  };
}
