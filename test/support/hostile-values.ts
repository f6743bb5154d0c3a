/** Reproducible: the same seed gives the same numbers (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of a list. */
export const oneOf = <T>(list: readonly T[], random: () => number): T =>
  list[Math.floor(random() * list.length)] as T;

/** Values for any parameter, word or header: texts that are possible but that nobody expects. */
export const HOSTILE: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '1e3',
  '1.5',
  '99999999999999999999',
  '0x10',
  'NaN',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '[object Object]',
  'ä',
  'Ä\u0301\u0323',
  '\u202egnp.exe',
  '📬',
  '\ufeff',
  '\ufffd',
  '\u0000',
  '\u0001\u001f\u007f\u0085\u2028',
  'a\r\nSet-Cookie: x=1',
  "' OR 1=1 -- ",
  '"; DROP TABLE oauth2_token; --',
  '%',
  '%%%s%d%n',
  '!%_\\',
  '\\',
  '../../../../etc/passwd',
  'file:///etc/passwd',
  'http://169.254.169.254/',
  'https://[::1]:99999/',
  'javascript:alert(1)',
  '<script>x</script>',
  '{{constructor}}',
  '$(id)`id`',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'x'.repeat(300),
  'ä'.repeat(5000),
  '['.repeat(3000),
  '2027-02-31',
  '0000-00-00 00:00:00',
  'zh-Hant-\u00e9;q=9',
];

/** As they appear in an address or a form: whole, or broken on purpose. */
export const encoded = (value: string, random: () => number): string => {
  const kind = random();
  if (kind < 0.7) return encodeURIComponent(value);
  if (kind < 0.8)
    return oneOf(['%', '%f', '%zz', '%ff', '%c3', '%ed%a0%80', '%f4%90%80%80', '%00', '+', '%2500'], random);
  // Every byte as a character of its own, as old clients send it.
  return [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
};
