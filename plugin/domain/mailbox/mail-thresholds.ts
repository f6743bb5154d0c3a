import type { Settings } from '../helpdesk/settings.js';

const MINUTE = 60_000;

/** When a fault of mail becomes a warning and an error; settings of the helpdesk. Times in milliseconds. */
export interface MailThresholds {
  /** Failed fetches in a row: OAuth2Sidecar::Mail::WarningFailures. */
  warningFailures: number;
  /** How long without a success: OAuth2Sidecar::Mail::WarningMinutes. */
  warning: number;
  /** OAuth2Sidecar::Mail::ErrorMinutes. */
  error: number;
  /** How long a fetch may show no sign of life: OAuth2Sidecar::Mail::HangMinutes. */
  hang: number;
}

export const USUAL_THRESHOLDS: MailThresholds = {
  warningFailures: 3,
  warning: 30 * MINUTE,
  error: 120 * MINUTE,
  hang: 15 * MINUTE,
};

/** The deployed thresholds; a value that is missing or out of range is replaced by the default. */
export function mailThresholds(settings: Settings): MailThresholds {
  const number = (name: string, usual: number, most: number) => {
    const value = settings.number(`OAuth2Sidecar::Mail::${name}`, usual);
    return value >= 1 && value <= most ? value : usual;
  };
  return {
    warningFailures: number('WarningFailures', 3, 100),
    warning: number('WarningMinutes', 30, 1440) * MINUTE,
    error: number('ErrorMinutes', 120, 10_080) * MINUTE,
    hang: number('HangMinutes', 15, 1440) * MINUTE,
  };
}
