import { echoFinder } from './echo.js';
import { REMOVED, scrub } from './scrub.js';

/** How much of a text is searched, in characters; the caller shows less. */
const LONGEST = 600;

/** Long words without a meaning for people: identifiers, and unknown tokens. */
const LONG_WORD = /[^\s"'<>()[\]{}]{24,}/g;
/** URLs, host names and email addresses made of short parts. */
const READABLE =
  /^(?:https?:\/\/)?(?:[\w.+-]{1,64}@)?(?:[\w-]{1,30}[./:?=&#,;]{1,3})*[\w-]{0,30}$|^[a-z_]{1,60}$/i;

/** Removes what looks like a secret, and every long word without a meaning for people. */
export const readable = (text: string): string =>
  scrub(text).replace(LONG_WORD, (word) => (READABLE.test(word) ? word : REMOVED));

/**
 * Makes texts of a server safe to show: without the secrets in any form in which it may send them back, and
 * without long words that may be other secrets. Control characters are left to the caller.
 * @param secrets what the server was sent, such as the token and the line that carries it
 */
export function serverText(secrets: readonly string[]): (text: string) => string {
  const carries = echoFinder(secrets);
  return (text) => {
    const shown = text
      .slice(0, LONGEST)
      .replace(/[^\s"']+/g, (word) => (word.length >= 8 && carries(word) ? REMOVED : word));
    // Catches a secret that the server has split into parts.
    return readable(carries(shown) ? REMOVED : shown);
  };
}
