import { isHash, type SettingHash, type SettingValue } from '../plugin/config/setting-values.js';
import type { Settings } from '../plugin/domain/helpdesk/settings.js';

/**
 * Reads settings from the helpdesk's values. Scalars are strings; hashes and lists are frozen.
 * `Frontend::Module###AdminX` names one entry of the hash setting `Frontend::Module`.
 */
export function deployedSettings(values: SettingHash, deploymentId: number): Settings {
  freeze(values);

  function get(name: string): SettingValue | undefined {
    let value: SettingValue | undefined = values;
    for (const key of name.split('###'))
      value = isHash(value) && Object.hasOwn(value, key) ? value[key] : undefined;
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

function freeze(value: SettingValue): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
