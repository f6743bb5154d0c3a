/** Letters that some collations compare as these, although Unicode does not decompose them. */
const LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  þ: 'th',
  ı: 'i',
};
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/** Katakana, which differ from hiragana only as capitals do from small letters. */
const KATAKANA = /[\u30a1-\u30f6]/g;
const HIRAGANA_BELOW = 0x60;

/**
 * Names with different results are different for every collation of the supported servers: those that ignore case and
 * accents, and those that also expand letters and ignore invisible characters (uca1400, 0900). Equal results mean
 * nothing: only the server knows.
 */
export const similarityKey = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\p{M}\p{C}]/gu, '')
    .toLowerCase()
    .replace(SPECIAL, (letter) => LETTERS[letter] ?? letter)
    .replace(KATAKANA, (letter) => String.fromCharCode(letter.charCodeAt(0) - HIRAGANA_BELOW))
    .trimEnd();
