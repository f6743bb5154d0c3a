import type { ProviderTemplate } from '../../domain/configuration/provider-template.js';
import { missingFrom, templateOf } from '../../domain/configuration/template-drift.js';
import type { TokenConfig } from '../../domain/configuration/token-config.js';
import { compareMailbox, nameOf } from '../../domain/consent/identity.js';
import type { KnownIdentity } from '../../domain/consent/identity-store.js';
import { ownAccounts, type Usage } from '../../domain/mailbox/usage.js';
import { formatTime, type PageLanguage } from '../locale.js';

export const NOBODY_KNOWN: KnownIdentity = { identity: null, at: null, shared: [] };

/**
 * Each mail account with the result of the comparison. `other` is a mismatch only if the mailbox is not
 * shared.
 */
function mailboxesOf({ identity, shared }: KnownIdentity, usage: Usage) {
  return ownAccounts(usage).map((account) => {
    const isShared = shared.includes(account.id);
    const verdict = identity ? compareMailbox(identity, account.login) : 'unknown';
    return { ...account, isShared, same: verdict === 'same', mismatch: verdict === 'other' && !isShared };
  });
}

/** Who consented, and whether another user's mailbox uses the token. */
export function presentIdentity(known: KnownIdentity, usage: Usage, language: PageLanguage) {
  const mailboxes = mailboxesOf(known, usage);
  return {
    known: known.identity !== null,
    /** There is something to show or to mark. */
    shown: known.identity !== null || mailboxes.length > 0,
    name: known.identity ? nameOf(known.identity) : '',
    email: known.identity?.email,
    issuer: known.identity?.issuer,
    at: known.at ? formatTime(known.at, language) : '',
    mailboxes,
    mismatches: mailboxes.filter(({ mismatch }) => mismatch),
  };
}

/** How many names fit in a line of the overview. */
const ROOM = 4;
const shortList = (names: unknown[]): string =>
  `${names.slice(0, ROOM).join(', ')}${names.length > ROOM ? ` (+${names.length - ROOM})` : ''}`;

/**
 * What a configuration lacks compared with the current template; null if nothing, or if there is no template.
 */
export function presentDrift(config: TokenConfig, templates: readonly ProviderTemplate[]) {
  const template = templateOf(config.document, templates);
  const missing = template ? missingFrom(config.document, template.document) : [];
  if (!template || missing.length === 0) return null;
  return {
    template: template.name,
    missing: missing.map(({ path, value }) => ({ path: path.join(' › '), value })),
    keys: shortList([...new Set(missing.map(({ path }) => path.at(-1)))]),
    needsConsent: missing.some((one) => one.needsConsent),
  };
}
