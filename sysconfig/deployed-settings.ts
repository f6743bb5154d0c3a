import { isHash, type PerlScope, type PerlValue, unknownAt } from '../plugin/config/perl-values.js';
import type { Settings } from '../plugin/domain/settings.js';
import { SidecarError } from '../plugin/errors.js';

/**
 * Settings over an assembled configuration. Scalars are texts, as Perl makes no difference; hashes and lists are frozen.
 * `Frontend::Module###AdminX` names one entry of the hash setting `Frontend::Module`.
 *
 * A setting that Kernel/Config.pm gives a value which only Perl could work out is never answered with another one:
 * asking for it throws SidecarError config-unreadable, with file and line.
 */
export function deployedSettings(scope: PerlScope, deploymentId: number): Settings {
  freeze(scope.settings);

  function get(name: string): PerlValue | undefined {
    const path = name.split('###');
    const place = unknownAt(scope, path);
    if (place)
      throw new SidecarError('config-unreadable', {
        detail: `${place.file}, line ${place.line}: the setting ${name} is worked out by Perl code that is not executed here. Write a plain value there.`,
      });
    let value: PerlValue | undefined = scope.settings;
    for (const key of path) value = isHash(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    return value ?? undefined;
  }

  return {
    deploymentId,
    get,
    text(name, fallback = '') {
      const value = get(name);
      return typeof value === 'string' ? value : fallback;
    },
    number(name, fallback) {
      const value = get(name);
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? number : fallback;
    },
    flag(name, fallback) {
      const value = get(name);
      return value === undefined ? fallback : value !== '' && value !== '0';
    },
  };
}

function freeze(value: PerlValue): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
