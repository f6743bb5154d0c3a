import type { Settings } from '../helpdesk/settings.js';
import { COMMON } from '../product/records.js';

/** Name of the setting that says how outbound mail signs in, as this helpdesk calls it. */
export const outboundSignIn = (settings: Settings): string => {
  const [first, ...others] = COMMON.outboundSignIn;
  return others.find((name) => settings.get(name) !== undefined) ?? first;
};

/** Does outbound mail sign in with a token? */
export const sendsWithToken = (settings: Settings): boolean =>
  settings.text(outboundSignIn(settings)) === 'oauth2_token';
