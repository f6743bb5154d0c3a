import { inner, type Phrase, phrase } from '../../lib/phrase.js';
import type { Actor, Cause } from './causes/cause.js';
import { GOOGLE } from './causes/google.js';
import { MICROSOFT_ACCOUNT } from './causes/microsoft-account.js';
import { MICROSOFT_APP } from './causes/microsoft-app.js';
import type { Place } from './causes/places.js';
import { RETRIED } from './causes/remedies.js';
import { CODE_REFUSED, FAULTS, STANDARD, UNKNOWN, UNSTORABLE } from './causes/standard.js';
import type { ProviderOutcome } from './provider-outcome.js';

/** Every cause that has keys. */
export const CAUSES: readonly Cause[] = [
  ...MICROSOFT_APP,
  ...MICROSOFT_ACCOUNT,
  ...GOOGLE,
  ...STANDARD,
  ...FAULTS,
  ...UNSTORABLE,
];

const BY_KEY = new Map(CAUSES.flatMap((cause) => cause.keys.map((key) => [key, cause] as const)));
const BY_ID = new Map([...CAUSES, UNKNOWN].map((cause) => [cause.id, cause] as const));

/** What a failure says about itself. */
export interface FailureWords {
  /** `error` of the answer, or our own word for a failure without an answer. */
  error: string;
  /** `error_description`; searched for Microsoft's AADSTS numbers. */
  description?: string;
  /** Numbers of `error_codes` and the word of `error_subtype`. */
  codes?: string;
}

/** A failure in words. The same failure has the same words wherever it is shown. */
export interface Explanation {
  /** Of the cause. */
  id: string;
  who: Actor;
  /** What it is; one sentence. */
  what: Phrase;
  /** What to do; one sentence. */
  remedy: Phrase;
  /** Both. */
  text: Phrase;
  /** Where it is corrected, if that is outside the helpdesk. */
  place: Place | null;
  /** What it means for the tokens, where a number or code says more than `error` does. */
  outcome: ProviderOutcome | null;
  /** The text contains the provider's own words. */
  quotes: boolean;
}

const isNumber = (key: string) => /^\d+$/.test(key);
/** Google's words that tell more than the `error` beside them. */
const SUBTYPES = new Set(GOOGLE.flatMap(({ keys }) => keys));

/** The numbers and codes beside `error`, in the order in which the answer names them. */
function keysIn({ description = '', codes = '' }: FailureWords): string[] {
  const numbers = [...description.matchAll(/AADSTS(\d+)/g)].map(([, number = '']) => number);
  const words = description.match(/[a-z_]+/g) ?? [];
  const own = codes.match(/\d{4,8}|[a-z_]+/g) ?? [];
  return [...own, ...words, ...numbers].filter((key) => isNumber(key) || SUBTYPES.has(key));
}

/**
 * The key of the cause that says most: Microsoft often puts a general number before the one that says it.
 * @returns null if the tables know none of them
 */
function tellingKey(failure: FailureWords): string | null {
  const known = keysIn(failure).filter((key) => BY_KEY.has(key));
  return known.findLast((key) => !BY_KEY.get(key)?.general) ?? known.at(-1) ?? null;
}

/** `error`, and after a space the number or code that says most: what is remembered of a failure. */
export function markedError(failure: FailureWords): string {
  const key = tellingKey(failure);
  if (key === null) {
    const unknown = keysIn(failure).at(-1);
    return unknown === undefined ? failure.error : `${failure.error} AADSTS${unknown}`;
  }
  return `${failure.error} ${isNumber(key) ? 'AADSTS' : ''}${key}`;
}

/** Reads what `markedError` has written. */
export function readMarkedError(text: string): { error: string; codes: string } {
  const [, error = text, mark = ''] = /^(.*) (AADSTS\d+|[a-z_]+)$/.exec(text) ?? [];
  return isNumber(mark.replace('AADSTS', '')) || SUBTYPES.has(mark)
    ? { error, codes: mark }
    : { error: text, codes: '' };
}

/** Our words for an answer that was nothing but a status. */
function causeOfStatus(error: string): Cause | undefined {
  if (/^http_(408|425|429|5\d\d)$/.test(error)) return BY_KEY.get('server_error');
  return /^proxy_\d{3}$/.test(error) ? BY_KEY.get('proxy_fault') : undefined;
}

function causeOf(failure: FailureWords): Cause {
  const key = tellingKey(failure);
  const told = key === null ? undefined : BY_KEY.get(key);
  const own = BY_KEY.get(failure.error) ?? causeOfStatus(failure.error);
  if (told) return told;
  if (!own) return UNKNOWN;
  const unexplained = keysIn(failure).some((each) => isNumber(each) && !BY_KEY.has(each));
  return unexplained ? (BY_ID.get(own.unexplained ?? own.id) ?? own) : own;
}

/** What people compare with the provider's documentation; '' if there is nothing. */
export const wordsOf = ({ error, description = '' }: FailureWords): string =>
  [error, description].filter(Boolean).join(': ');

const AGAIN = phrase('Try again in a few minutes.');

/** Causes for which `invalid_grant` at a consent refers to the authorization code. */
const OF_A_CODE = ['grant', 'grant-refused', 'grant-expired'];

/**
 * renewal: of a token, repeated automatically. consent: an authorization request, or the exchange of its code, which
 * nobody repeats. app: a request without any consent (client credentials).
 */
export type FailedStep = 'renewal' | 'consent' | 'app';

function remedyOf(cause: Cause, failure: FailureWords, step: FailedStep): Phrase {
  if (cause === UNKNOWN && wordsOf(failure) !== '')
    return phrase("The provider's message is: “%s”.", wordsOf(failure));
  if (step !== 'consent') return cause.remedy;
  return cause.remedyForConsent ?? (cause.remedy === RETRIED ? AGAIN : cause.remedy);
}

function causeAtStep(found: Cause, step: FailedStep): Cause {
  if (step === 'consent' && OF_A_CODE.includes(found.id)) return CODE_REFUSED;
  // Nobody can consent for the app itself.
  return step === 'app' && found.who === 'owner' ? UNKNOWN : found;
}

/**
 * From a failure to its cause, for every screen, command and alert. Claims no cause that the provider has not
 * named: what the tables do not know is shown in the provider's own words.
 */
export function explainFailure(failure: FailureWords, step: FailedStep = 'renewal'): Explanation {
  const found = causeOf(failure);
  const cause = causeAtStep(found, step);
  const remedy = remedyOf(cause, failure, step);
  return {
    id: cause.id,
    who: cause.who,
    what: cause.what,
    remedy,
    text: phrase('%s %s', inner(cause.what), inner(remedy)),
    place: cause.place ?? null,
    outcome: found.outcome ?? null,
    quotes: cause === UNKNOWN && wordsOf(failure) !== '',
  };
}
