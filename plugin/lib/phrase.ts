/**
 * A text for people that can be translated: English, with `%s` for each value. A plain string has no values.
 * A value that is itself a phrase is translated, a value that is a string is shown unchanged. Every text that
 * pages show comes from `phrase`, the error catalogue or the table of explanations, where the test of the
 * translations finds it.
 */
export type Phrase = string | InnerPhrase;

export interface InnerPhrase {
  text: string;
  values: readonly (string | number | InnerPhrase)[];
}

export const phrase = (text: string, ...values: (string | number | InnerPhrase)[]): Phrase =>
  values.length === 0 ? text : { text, values };

/** Wraps a phrase as the value of another one. */
export const inner = (given: Phrase): InnerPhrase =>
  typeof given === 'string' ? { text: given, values: [] } : given;

/** Puts values into the `%s` of a text, in order, as the helpdesk's own translations do. */
export function fill(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replace(/%s/g, () => String(values[next++] ?? ''));
}

/**
 * @param dictionary translates a text; the default leaves it in English
 * @param figure formats a number for the reader; pass a number that is a name (a port, a status) as a string
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
