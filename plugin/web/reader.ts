import type { Phrase } from '../lib/phrase.js';
import type { PageLanguage } from './locale.js';
import type { createTranslate } from './translate.js';

/** The person who reads a page; `language` is that of the texts, so that times and numbers match them. */
export interface Reader extends PageLanguage {
  /** A text in the reader's language, with a value for each `%s`. */
  t(text: Phrase, ...values: unknown[]): string;
}

export const readerOf = (
  { language, timeZone }: PageLanguage,
  { translate, textLanguage }: ReturnType<typeof createTranslate>,
): Reader => ({
  language: textLanguage(language),
  timeZone,
  t: (text, ...values) => translate(language, text, ...values),
});
