import path from 'node:path';
import { readHelpdeskFile, readTextIfThere } from '../plugin/config/config-pm.js';
import { followFile } from '../plugin/config/perl-statements.js';
import { newScope, type PerlScope, unknownAt } from '../plugin/config/perl-values.js';
import { CONFIG_PM, configFiles, DEFAULTS, DEPLOYED, RELEASE } from './helpdesk-files.js';

/**
 * Builds the configuration in the helpdesk's own order: shipped defaults, Config.pm, further files with the deployed
 * settings among them, Config.pm again, then references between settings.
 *
 * The deployed text is the exact result of a deployment. Rows of sysconfig_default and sysconfig_modified could only
 * be put together to the same thing by guessing: they change before a deployment, and a package can change a default
 * without one.
 * @param deployed Perl text of the newest deployment; null where there is none yet
 * @throws SidecarError config-unreadable
 */
export function assemble(home: string, deployed: string | null): PerlScope {
  const scope = newScope(readTextIfThere);
  // The helpdesk's constructor begins with this one.
  scope.settings.Debug = '0';
  const configPm = readHelpdeskFile(home, CONFIG_PM);
  const defaults = readTextIfThere(path.join(home, DEFAULTS));
  if (defaults !== null) followFile(defaults, DEFAULTS, 'LoadDefaults', scope);
  followFile(configPm, CONFIG_PM, 'Load', scope);
  for (const file of configFiles(home)) {
    const text = file === DEPLOYED ? deployed : readTextIfThere(path.join(home, file));
    // Each file has variables of its own.
    scope.variables.clear();
    scope.unknownVariables.clear();
    if (text !== null) followFile(text, file, 'Load', scope);
  }
  scope.variables.clear();
  scope.unknownVariables.clear();
  readRelease(home, scope);
  followFile(configPm, CONFIG_PM, 'Load', scope);
  resolveReferences(scope);
  return scope;
}

/** PRODUCT and VERSION of the file RELEASE are settings, too. */
function readRelease(home: string, scope: PerlScope): void {
  for (const line of (readTextIfThere(path.join(home, RELEASE)) ?? '').split('\n')) {
    const [, name = '', value = ''] = /^(PRODUCT|VERSION)\s{0,2}=\s{0,2}(.*)$/i.exec(line) ?? [];
    if (name) scope.settings[/product/i.test(name) ? 'Product' : 'Version'] = value;
  }
}

/**
 * `<OTRS_CONFIG_FQDN>` in a text stands for that setting. One pass in the order of the names, as in the helpdesk: a
 * reference to a later name that has references itself is left half resolved there, and so it is here.
 */
function resolveReferences(scope: PerlScope): void {
  for (const name of Object.keys(scope.settings).sort()) {
    const value = scope.settings[name];
    if (typeof value !== 'string' || !value.includes('<OTRS_CONFIG_')) continue;
    scope.settings[name] = value.replace(/<OTRS_CONFIG_(.+?)>/g, (_, other: string) => {
      const text = scope.settings[other] ?? '';
      const place =
        unknownAt(scope, [other]) ?? (typeof text === 'string' ? undefined : { file: CONFIG_PM, line: 0 });
      if (place) scope.unknown.set(name, place);
      return typeof text === 'string' ? text : '';
    });
  }
}
