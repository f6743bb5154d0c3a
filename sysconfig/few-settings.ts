import { readTextIfThere } from '../plugin/config/config-pm.js';
import { followFile } from '../plugin/config/perl-statements.js';
import { newScope, type PerlScope } from '../plugin/config/perl-values.js';
import type { SettingsReader } from '../plugin/domain/ports.js';
import type { Settings } from '../plugin/domain/settings.js';
import { deployedSettings } from './deployed-settings.js';
import { CONFIG_PM, configFiles, DEFAULTS, DEPLOYED } from './helpdesk-files.js';

/** The newest deployment; nulls where nothing was ever deployed. */
export interface Deployed {
  id: number | null;
  text: string | null;
}

const withoutComments = (perl: string | null): string => (perl ?? '').replace(/^\s*#.*$/gm, '');

/** Where the text of a deployment sets a setting: at the beginning of a line, where no value can have such a text. */
const statementOf = (name: string, deployed: string): string | null => {
  const start = deployed.indexOf(`\n$Self->{'${name}'} = `);
  if (start < 0) return null;
  const next = deployed.indexOf("\n$Self->{'", start + 1);
  return next < 0 ? null : deployed.slice(start, next);
};

/** Code that could change a setting without naming it. */
const COULD_CHANGE_ANY = /\$Self->\{\s*[$"]|%\{?\s*\$Self|@\{?\s*\$Self->\{|\b(?:eval|do|require)\b/;

/**
 * A few settings out of a deployment without following the whole configuration, which takes most of a command's time.
 * Only where that must come to the same: none of the helpdesk's other files names one of them or could change any, and
 * each is a plain statement of the deployment, or stands nowhere at all.
 * @returns null where only the whole configuration can tell
 */
export function fewSettings(home: string, deployed: string, names: readonly string[]): PerlScope | null {
  const others = [CONFIG_PM, ...configFiles(home).filter((file) => file !== DEPLOYED)].map((file) =>
    withoutComments(readTextIfThere(`${home}/${file}`)),
  );
  if (others.some((text) => COULD_CHANGE_ANY.test(text) || names.some((name) => text.includes(name))))
    return null;
  const statements: string[] = [];
  let defaults: string | null = null;
  for (const name of names) {
    const statement = statementOf(name, deployed);
    if (deployed.includes(`delete $Self->{'${name}'}`)) return null;
    if (statement === null) {
      defaults ??= withoutComments(readTextIfThere(`${home}/${DEFAULTS}`));
      if (deployed.includes(name) || defaults.includes(name)) return null;
    } else if (statement.includes('<OTRS_CONFIG_')) return null;
    else statements.push(statement);
  }
  const scope = newScope(readTextIfThere);
  followFile(`sub Load { ${statements.join('\n')} }`, DEPLOYED, 'Load', scope);
  return scope;
}

/**
 * Reads these settings once, for a program that ends soon. To ask it for another one is a mistake of the caller.
 * @param whole where only the whole configuration can tell
 */
export function createFewSettingsReader(
  { deployed, home, whole }: { deployed: Deployed; home: string; whole(): Promise<SettingsReader> },
  names: readonly string[],
): SettingsReader {
  const read = async (): Promise<Settings> => {
    const { id, text } = deployed;
    const scope = text === null ? null : fewSettings(home, text, names);
    const settings = scope ? deployedSettings(scope, id ?? 0) : await (await whole()).current();
    const known = <T extends unknown[], R>(work: (name: string, ...more: T) => R) => {
      return (name: string, ...more: T): R => {
        if (!names.includes(name))
          throw new TypeError(`${name} is none of the few settings that are read here`);
        return work(name, ...more);
      };
    };
    return {
      deploymentId: settings.deploymentId,
      get: known(settings.get),
      text: known(settings.text),
      number: known(settings.number),
      flag: known(settings.flag),
    };
  };
  let made: Promise<Settings> | undefined;
  return { current: () => (made ??= read()) };
}
