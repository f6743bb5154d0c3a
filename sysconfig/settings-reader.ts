import { DEPLOYMENT_ID, type SettingHash, type SettingsSource } from '../plugin/config/setting-values.js';
import type { Clock } from '../plugin/domain/clock.js';
import type { Settings, SettingsReader } from '../plugin/domain/helpdesk/settings.js';
import type { Log } from '../plugin/domain/log.js';
import { isSidecarError, SidecarError } from '../plugin/errors.js';
import { deployedSettings } from './deployed-settings.js';
import { withScreenRights } from './screen-rights.js';

/** Where deployments are read from; db/repositories/sysconfig.ts implements it. */
interface Deployments {
  newest(): Promise<number | null>;
  text(id: number): Promise<string | null>;
}

export interface SettingsReaderDeps {
  deployments: Deployments;
  source: SettingsSource;
  clock: Clock;
  /** Receives an error when settings cannot be read again after they were read once. */
  log?: Pick<Log, 'error'>;
  /** How long settings stay valid before the newest deployment is queried again, in milliseconds: SETTINGS_MAX_AGE. */
  maxAgeMs?: number;
}

/** How long settings that were read stay valid, in milliseconds. */
export const SETTINGS_MAX_AGE = 500;

/** Reading is retried after this time even if no file has changed. Milliseconds. */
const TRIED_AGAIN = 30_000;

const isUnreadable = (error: unknown): error is SidecarError =>
  isSidecarError(error) && error.code === 'config-unreadable';

interface Found {
  id: number | null;
  values: SettingHash;
  /** Perl text of that deployment. */
  text: string | null;
}

/**
 * The helpdesk's deployed settings, including Config.pm, never older than about a second. Each check is one
 * query for the newest deployment's number and a few file dates; only a change causes a new read.
 *
 * If the settings cannot be read again, because Kernel/Config.pm is broken or is being saved, the last ones
 * stay in use: the helpdesk's own processes also keep theirs, and tokens still have to be renewed.
 */
export function createSettingsReader({
  deployments,
  source,
  clock,
  log,
  maxAgeMs = SETTINGS_MAX_AGE,
}: SettingsReaderDeps): SettingsReader {
  let known: { key: string; settings: Settings } | null = null;
  let failed: { key: string; at: number } | null = null;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let checking: Promise<Settings> | null = null;

  /**
   * The helpdesk's own copy of the deployment lags for a moment after each deployment, and longer on a
   * machine of a cluster; the database never does.
   */
  async function valuesOf(id: number | null): Promise<Found> {
    const values = await source.read();
    if (id === null || values[DEPLOYMENT_ID] === String(id))
      return { id, values, text: id === null ? null : source.deployment() };
    const text = await deployments.text(id);
    if (text !== null) return { id, text, values: await source.read(text) };
    // Deleted between the two queries, because there is a newer one.
    const newer = await deployments.newest();
    const newerText = newer === null ? null : await deployments.text(newer);
    if (newer === null) return { id: null, text: null, values };
    if (newerText === null)
      throw new SidecarError('database-unavailable', {
        log: 'sysconfig: deployments vanish while being read',
      });
    return { id: newer, text: newerText, values: await source.read(newerText) };
  }

  async function check(): Promise<Settings> {
    const startedAt = clock().getTime();
    const newest = await deployments.newest();
    const files = source.fingerprint();
    const key = `${newest}\n${files}`;
    const failedBefore = failed?.key === key && Math.abs(startedAt - failed.at) < TRIED_AGAIN;
    if (known === null || (known.key !== key && !failedBefore))
      try {
        const { id, values, text } = await valuesOf(newest);
        // Use the fingerprint from before the read: the next check reads what was written meanwhile.
        const settings = withScreenRights(deployedSettings(values, id ?? 0), text);
        known = { key: `${id}\n${files}`, settings };
        failed = null;
      } catch (error) {
        if (known === null || !isUnreadable(error)) throw error;
        if (failed?.key !== key)
          log?.error({ fault: error.log }, "The helpdesk's settings cannot be read; the last ones hold");
        failed = { key, at: startedAt };
      }
    checkedAt = startedAt;
    return known.settings;
  }

  return {
    async current() {
      const age = clock().getTime() - checkedAt;
      if (known && age >= 0 && age < maxAgeMs) return known.settings;
      checking ??= check().finally(() => {
        checking = null;
      });
      return checking;
    },
  };
}
