/**
 * Returns a pattern (PCRE) for a word of a query in which any letter may be percent-encoded: `Action`,
 * `%41ction`, `%41%63tion`. The web server's rules use it to decide who answers a request; the helpdesk
 * itself refuses every spelling they do not recognise.
 * @param word letters and digits only
 */
export const anySpelling = (word: string): string =>
  [...word]
    .map((letter) => {
      const [high = '', low = ''] = letter.charCodeAt(0).toString(16);
      return `(?:${letter}|%${high}${/[a-f]/.test(low) ? `[${low}${low.toUpperCase()}]` : low})`;
    })
    .join('');
