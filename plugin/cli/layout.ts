/** How many columns a text occupies: marks occupy none, ideographs and emoji two. */
export const width = (text: string): number =>
  [...text].reduce(
    (sum, sign) =>
      sum +
      (/\p{M}/u.test(sign)
        ? 0
        : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
              sign,
            )
          ? 2
          : 1),
    0,
  );

export const pad = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - width(text)));

/** Splits a word that is longer than a line. */
function pieces(word: string, columns: number): string[] {
  const lines = [''];
  for (const sign of word) {
    const last = lines[lines.length - 1] ?? '';
    if (last !== '' && width(last + sign) > columns) lines.push(sign);
    else lines[lines.length - 1] = last + sign;
  }
  return lines;
}

/** Breaks a text into lines of so many columns, between words where possible. Never returns an empty list. */
export function wrap(text: string, columns: number): string[] {
  if (width(text) <= columns) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ').flatMap((one) => pieces(one, columns))) {
    const last = lines[lines.length - 1];
    if (last === undefined || width(`${last} ${word}`) > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => line.trimEnd());
}

/** A column never becomes narrower than this or its head. */
const NARROWEST = 8;
/** Between two columns. */
export const GAP = 2;

/**
 * Narrows the widest columns of a table until it fits.
 * @param widths that the columns would like
 * @param heads widths of their heads
 * @param columns of the terminal; undefined: there is none, and nothing is narrowed
 */
export function fitted(
  widths: readonly number[],
  heads: readonly number[],
  columns: number | undefined,
): number[] {
  const fit = [...widths];
  if (columns === undefined) return fit;
  const least = widths.map((wish, at) => Math.min(wish, Math.max(NARROWEST, heads[at] ?? 0)));
  let excess = fit.reduce((sum, one) => sum + one, 0) + GAP * (fit.length - 1) - columns;
  for (; excess > 0; excess--) {
    const room = fit.map((one, at) => (one > (least[at] ?? 0) ? one : 0));
    const widest = room.indexOf(Math.max(...room));
    if (room[widest] === 0) break;
    fit[widest] = (fit[widest] ?? 0) - 1;
  }
  return fit;
}
