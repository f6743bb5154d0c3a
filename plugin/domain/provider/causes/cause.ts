import type { Phrase } from '../../../lib/phrase.js';
import type { ProviderOutcome } from '../provider-outcome.js';
import type { Place } from './places.js';

/**
 * Who acts: the owner of the mailbox signs in, an administrator of the tenant (or of Google Workspace) or of the
 * helpdesk corrects something, or nobody, because it passes.
 */
export type Actor = 'owner' | 'tenant-admin' | 'admin' | 'nobody';

/** What a refusal or fault means and what to do. */
export interface Cause {
  /** Unique; for tests and the index. */
  id: string;
  /** Microsoft's AADSTS numbers, and values of `error`, `error_subtype` or our own words such as `timeout`. */
  keys: readonly string[];
  who: Actor;
  /** Where it is corrected; omitted: at no particular place, or in the form of the token configuration. */
  place?: Place;
  /** One sentence: what it is. Claims no more than the provider has said. */
  what: Phrase;
  /** One sentence: what to do. */
  remedy: Phrase;
  /** The same for a consent, which nobody repeats automatically. */
  remedyForConsent?: Phrase;
  /** What it means for the tokens, where the number says more than `error` does. */
  outcome?: ProviderOutcome;
  /** Says less than any other cause named beside it. */
  general?: true;
  /**
   * For a value of `error` whose usual cause must not be claimed beside a number that is not in the tables: the
   * cause to name in its place.
   */
  unexplained?: string;
}
