import type { Settings } from '../helpdesk/settings.js';
import type { AlertPolicy } from './alert.js';

const PREFIX = 'OAuth2Sidecar::Alert::';
const MINUTE = 60_000;

/** The full name of a setting of the alerts. */
const alertSetting = (name: string): string => PREFIX + name;

/** A setting of the alerts as text without surrounding spaces; '' where it is missing. */
export const alertText = (settings: Settings, name: string): string =>
  settings.text(alertSetting(name)).trim();

/** A whole number; the default where it is out of range. */
export function alertNumber(
  settings: Settings,
  name: string,
  { usual, least, most }: { usual: number; least: number; most: number },
): number {
  const value = settings.number(alertSetting(name), usual);
  return Number.isInteger(value) && value >= least && value <= most ? value : usual;
}

/** When alerts are told. */
export const alertPolicy = (settings: Settings): AlertPolicy => ({
  delay: alertNumber(settings, 'DelayMinutes', { usual: 2, least: 0, most: 1440 }) * MINUTE,
  reminder: alertNumber(settings, 'ReminderHours', { usual: 24, least: 0, most: 720 }) * 60 * MINUTE,
  minimum: alertText(settings, 'MinimumSeverity') === 'error' ? 'error' : 'warning',
});
