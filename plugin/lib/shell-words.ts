/** What a terminal would obey or not show when a command is pasted. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** A byte as an escape of the shell. */
const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

const escapedChar = (sign: string): string =>
  UNSEEN.test(sign) ? [...Buffer.from(sign)].map(octal).join('') : sign.replace(/['\\]/, '\\$&');

/**
 * Quotes a word for a POSIX shell. A word with control characters becomes `$'…'` (POSIX 2024, bash, zsh), so that
 * none of them reaches the terminal into which it is pasted.
 */
export function posixWord(word: string): string {
  if (/^[\w./:@-]+$/.test(word)) return word;
  if (UNSEEN.test(word)) return `$'${[...word].map(escapedChar).join('')}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Quotes a word for PowerShell, unless it is plain and begins neither a parameter nor a variable. PowerShell
 * also takes the typographic quotes U+2018 to U+201B for `'` (about_Quoting_Rules); two of them are one
 * inside. Characters that nobody sees are left out.
 */
export function powerShellWord(word: string): string {
  if (/^\w[\w.@-]*$/.test(word)) return word;
  return `'${word.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}
