/** The number of consecutive characters of a secret that count as a match, by default. */
const PIECE = 8;
/** How many characters of a text are searched. */
const LONGEST = 2048;
/**
 * Limits the decoded text that is searched, in characters, because the server decides how long its text is.
 */
const MOST = 64 * 1024;

const pieces = (secret: string, length: number): string[] =>
  secret.length <= length
    ? [secret]
    : Array.from({ length: secret.length - length + 1 }, (_, at) => secret.slice(at, at + length));

const fromCodes = (codes: string[], base: number): string =>
  String.fromCharCode(...codes.map((code) => Number.parseInt(code, base) & 0xffff));

/** Resolves escapes of URLs, JSON, C, XML and quoted-printable. */
const unescaped = (text: string): string =>
  text
    .replace(/(?:%|\\x|=|&#x)([0-9a-f]{2})(?![0-9a-f]);?/gi, (_all, code) => fromCodes([code], 16))
    .replace(/(?:%|\\x|=)([0-9a-f]{2})/gi, (_all, code) => fromCodes([code], 16))
    .replace(/\\u\{?([0-9a-f]{4})\}?/gi, (_all, code) => fromCodes([code], 16))
    .replace(/&#0?(\d{2,3});?/g, (_all, code) => fromCodes([code], 10))
    .replace(/\\(.)/g, '$1');

/** Yields each decoding of a text that a server may have made of what it received. */
function* readings(text: string): Generator<string> {
  yield unescaped(text);
  // Spaces and line breaks may split it.
  const joined = text.replace(/[^\w+/=-]/g, '');
  yield joined;
  yield [...text].reverse().join('');
  for (const [run] of joined.matchAll(/[\w+/-]{12,}/g))
    for (let start = 0; start < 4; start++) yield Buffer.from(run.slice(start), 'base64').toString('latin1');
  const digits = text.replace(/0x|\\x|[^0-9a-f]/gi, '');
  for (const [run] of [...text.matchAll(/[0-9a-f]{16,}/gi), ...digits.matchAll(/.{16,}/g)])
    for (let start = 0; start < 2; start++) yield Buffer.from(run.slice(start), 'hex').toString('latin1');
  const numbers = text.match(/\b\d{2,3}\b/g) ?? [];
  if (numbers.length >= PIECE) yield fromCodes(numbers, 10);
}

/**
 * Finds a secret that a server sends back, in whole or in part, in another case, or encoded as base64,
 * hexadecimal, decimal, percent-encoding or JSON escapes. Finds two encodings on top of each other, too.
 * @param secrets the secrets that were sent
 * @param piece the number of consecutive characters of a secret that count as a match
 * @returns whether a text contains any of them; the work is limited for any text
 */
export function echoFinder(secrets: readonly string[], piece = PIECE): (text: string) => boolean {
  const known = new Set(
    secrets.filter((secret) => secret !== '').flatMap((secret) => pieces(secret.toLowerCase(), piece)),
  );
  const lengths = [...new Set([...known].map(({ length }) => length))];

  const shows = (text: string): boolean => {
    const plain = text.toLowerCase();
    return lengths.some((length) => {
      for (let at = 0; at + length <= plain.length; at++)
        if (known.has(plain.slice(at, at + length))) return true;
      return false;
    });
  };

  return (text) => {
    let left = MOST;
    const visit = (read: string, depth: number): boolean => {
      if (shows(read)) return true;
      if (depth === 0) return false;
      for (const next of readings(read)) {
        left -= next.length;
        if (left < 0) return false;
        if (next !== read && visit(next, depth - 1)) return true;
      }
      return false;
    };
    return known.size > 0 && visit(text.slice(0, LONGEST), 2);
  };
}
