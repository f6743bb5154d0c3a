/**
 * A text for a person that can still be translated: English, with `%s` for each value. A plain string has no values.
 * A value that is a phrase itself is translated too; a value that is a string is shown as it is. Every text of the
 * program that pages show goes through `phrase`, the error catalogue or the table of explanations, where the test of
 * the translations finds it.
 */
export type Phrase = string | InnerPhrase;

export interface InnerPhrase {
  text: string;
  values: readonly (string | number | InnerPhrase)[];
}

export const phrase = (text: string, ...values: (string | number | InnerPhrase)[]): Phrase =>
  values.length === 0 ? text : { text, values };

/** As the value of another phrase. */
export const inner = (given: Phrase): InnerPhrase =>
  typeof given === 'string' ? { text: given, values: [] } : given;

/** Puts values into the `%s` of a text, in order, as the helpdesk's own translations do. */
export function fill(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replace(/%s/g, () => String(values[next++] ?? ''));
}

/**
 * @param dictionary a text's translation; without: in English
 * @param figure a number as the reader writes it; what is a name rather than a number (a port, a status) is a string
 */
export function spell(
  given: Phrase,
  dictionary: (text: string) => string = (text) => text,
  figure: (number: number) => string = String,
): string {
  const { text, values } = inner(given);
  return fill(
    dictionary(text),
    values.map((value) => {
      if (typeof value === 'object') return spell(value, dictionary, figure);
      return typeof value === 'number' ? figure(value) : value;
    }),
  );
}

export const inEnglish = (given: Phrase): string => spell(given);
