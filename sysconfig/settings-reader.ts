import type { PerlScope } from '../plugin/config/perl-values.js';
import type { Clock, SettingsReader } from '../plugin/domain/ports.js';
import type { Settings } from '../plugin/domain/settings.js';
import { SidecarError } from '../plugin/errors.js';
import { assemble } from './assemble.js';
import { deployedSettings } from './deployed-settings.js';
import { CONFIG_PM, configFiles, DEFAULTS, fingerprint, RELEASE } from './helpdesk-files.js';
import { withScreenRights } from './screen-rights.js';

/** Where deployments are read from; db/repositories/sysconfig.ts implements it. */
export interface Deployments {
  newest(): Promise<number | null>;
  text(id: number): Promise<string | null>;
}

export interface SettingsReaderDeps {
  deployments: Deployments;
  /** HELPDESK_HOME. */
  home: string;
  clock: Clock;
  /** How long an answer holds before the newest deployment is asked for again, in milliseconds. */
  maxAgeMs?: number;
}

/** Something in the helpdesk's files that cannot be followed without executing Perl. */
export interface Finding {
  /** The setting that asking for throws; null where the statement may change any setting. */
  setting: string | null;
  file: string;
  line: number;
}

/**
 * The helpdesk's settings as deployed, Config.pm included, never older than about a second: each check is one query for
 * the newest deployment's number and a few file dates; only a change reads and assembles again.
 */
export function createSettingsReader({
  deployments,
  home,
  clock,
  maxAgeMs = 500,
}: SettingsReaderDeps): SettingsReader & { findings(): Promise<Finding[]> } {
  let known: { key: string; scope: PerlScope; settings: Settings } | null = null;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let checking: Promise<Settings> | null = null;

  async function check(): Promise<Settings> {
    const startedAt = clock().getTime();
    let id = await deployments.newest();
    const files = fingerprint(home, [CONFIG_PM, DEFAULTS, RELEASE, ...configFiles(home)]);
    if (known?.key !== `${id}\n${files}`) {
      let text = id === null ? null : await deployments.text(id);
      if (text === null && id !== null) {
        // Removed between the two queries, because there is a newer one.
        id = await deployments.newest();
        text = id === null ? null : await deployments.text(id);
        if (text === null && id !== null)
          throw new SidecarError('database-unavailable', {
            log: 'sysconfig: deployments vanish while being read',
          });
      }
      const scope = assemble(home, text);
      const settings = withScreenRights(deployedSettings(scope, id ?? 0), text);
      known = { key: `${id}\n${files}`, scope, settings };
    }
    checkedAt = startedAt;
    return known.settings;
  }

  async function current(): Promise<Settings> {
    const age = clock().getTime() - checkedAt;
    if (known && age >= 0 && age < maxAgeMs) return known.settings;
    checking ??= check().finally(() => {
      checking = null;
    });
    return checking;
  }

  return {
    current,
    async findings() {
      await current();
      const { unknown, blind } = (known as { scope: PerlScope }).scope;
      return [
        ...[...unknown].map(([setting, place]) => ({ setting, ...place })),
        ...blind.map((place) => ({ setting: null, ...place })),
      ];
    },
  };
}
