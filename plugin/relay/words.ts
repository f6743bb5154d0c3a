/** A command line of POP3 or SMTP: the word in upper case, and what follows the first space. Pure. */
export function splitCommand(line: string): { name: string; rest: string } {
  const at = line.indexOf(' ');
  const word = at < 0 ? line : line.slice(0, at);
  return {
    name: /^[A-Za-z]{1,20}$/.test(word) ? word.toUpperCase() : '',
    rest: at < 0 ? '' : line.slice(at + 1),
  };
}

/** The name that a client gives in EHLO: a domain or an address literal (RFC 5321 §4.1.1.1). */
export const helloWord = (rest: string): string | null =>
  /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?$|^\[[A-Za-z0-9:.-]{1,60}\]$/.test(rest.trim())
    ? rest.trim()
    : null;
