import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Phrase, spell } from '../lib/phrase.js';
import { formatNumber, kept, languageAndScript } from './locale.js';

/**
 * Translates a text to the agent's language and fills its `%s`; returns the English text if there is no
 * translation.
 */
export type Translate = (language: string, text: Phrase, ...values: unknown[]) => string;

type Dictionary = Record<string, string>;

/** Language and script of the texts in the program. */
const ORIGINAL = languageAndScript('en');

function readDictionaries(folder: string): Map<string, Dictionary> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(
    files.map((file) => [
      path.basename(file, '.json'),
      JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Dictionary,
    ]),
  );
}

/**
 * Reads the translations.
 * @param folder templates/locales
 */
export function createTranslate(folder: string): {
  translate: Translate;
  /**
   * The language that the texts have for readers of the given one, for everything that stands in them: times, numbers,
   * `lang`. It is the given one (`fr_CA`, `en_GB`) if they can read a translation or the original, and `en` otherwise.
   */
  textLanguage(language: string): string;
} {
  const dictionaries = readDictionaries(folder);
  const ofScript = new Map(
    [...dictionaries].map(([language, texts]) => [languageAndScript(language), texts]),
  );
  /**
   * The dictionary of the language, or of a variant that its readers can read: `fr` for `fr_CA`, `pt_BR` for
   * `pt`.
   */
  const dictionaryOf = kept(
    (language) => dictionaries.get(language) ?? ofScript.get(languageAndScript(language)),
  );
  const textLanguage = (language: string) =>
    dictionaryOf(language) || languageAndScript(language) === ORIGINAL ? language : 'en';
  const translate: Translate = (language, given, ...more) => {
    const dictionary = dictionaryOf(language);
    const values = more.map((value) => (typeof value === 'number' ? value : String(value)));
    const phrase = typeof given === 'string' ? { text: given, values } : given;
    return spell(
      phrase,
      (text) => dictionary?.[text] ?? text,
      (number) => formatNumber(number, textLanguage(language)),
    );
  };

  return { translate, textLanguage };
}
