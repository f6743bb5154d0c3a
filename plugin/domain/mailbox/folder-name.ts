/** UTF-16BE in the base64 of IMAP, which has `,` in place of `/` and no padding. */
function encoded(text: string): string {
  const bytes = [...text].flatMap((letter) =>
    Array.from({ length: letter.length }, (_none, at) => letter.charCodeAt(at)).flatMap((unit) => [
      unit >> 8,
      unit & 255,
    ]),
  );
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('/', ',')
    .replace(/=+$/, '');
}

/**
 * The name of an IMAP folder as servers spell it: modified UTF-7 (RFC 3501 §5.1.3). The helpdesk sends the name
 * as it is written in the mail account.
 */
export const serverSpelling = (name: string): string =>
  name.replace(/&|[^\x20-\x7e]+/g, (part) => (part === '&' ? '&-' : `&${encoded(part)}-`));

/** Does a server spell this name differently? */
export const isOutsideAscii = (name: string): boolean => /[^\x20-\x7e]/.test(name);
