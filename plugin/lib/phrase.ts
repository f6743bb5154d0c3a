/**
 * A text for a person that can still be translated: English, with `%s` for each value. A plain string has no values.
 * Every text of the program that pages show goes through `phrase`, the error catalogue or the table of explanations,
 * where the test of the translations finds it.
 */
export type Phrase = string | { text: string; values: readonly (string | number)[] };

export const phrase = (text: string, ...values: (string | number)[]): Phrase =>
  values.length === 0 ? text : { text, values };

/** Puts values into the `%s` of a text, in order, as the helpdesk's own translations do. */
export function fill(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replace(/%s/g, () => String(values[next++] ?? ''));
}

export const inEnglish = (given: Phrase): string =>
  typeof given === 'string' ? given : fill(given.text, given.values);
