import type { Phrase } from '../lib/phrase.js';
import type { PageLanguage } from './locale.js';
import type { Translate } from './translate.js';

/** The person who reads a page. */
export interface Reader extends PageLanguage {
  /** A text in the reader's language, with a value for each `%s`. */
  t(text: Phrase, ...values: unknown[]): string;
}

export const readerOf = ({ language, timeZone }: PageLanguage, translate: Translate): Reader => ({
  language,
  timeZone,
  t: (text, ...values) => translate(language, text, ...values),
});
