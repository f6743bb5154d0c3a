import { isSecretName } from './secret-names.js';

/** Replaces a secret. */
export const REMOVED = '[redacted]';

/** What precedes a value in query strings, form bodies and JSON; the quotes may be escaped. */
const NAME = /([\w.-]{2,60})\\?["']?\s{0,9}[=:]\s{0,9}/g;
/** A quoted value up to its end, or a word. */
const VALUE = /(\\?["'])?(?:(?<=\\")(?:[^"\\]|\\(?!"))*|(?<=")(?:[^"\\]|\\.)*|(?<=')[^']*|[^\s&"',;}\\]+)/y;

const PATTERNS: [RegExp, string][] = [
  // Headers whose whole value is secret (RFC 9110 §11.6.2, RFC 6265).
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(\s{0,9}:\s{0,9})[^\r\n"]+/gi, `$1$2${REMOVED}`],
  [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^-]*(-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?/g, REMOVED],
  // Texts such as "Basic authentication is disabled" are not credentials: those have more than lower-case
  // letters.
  [/\b(Bearer|Basic)\s+(?![a-z]{1,20}(?![\w\-.~+/=]))[\w\-.~+/]{6,}=*/gi, `$1 ${REMOVED}`],
  // JSON Web Tokens.
  [/\beyJ[\w-]{1,4096}\.[\w-]+(?:\.[\w-]*)*/g, REMOVED],
];

/** Removes the values after names of secrets. A value after another name may itself contain such names. */
function withoutPairs(text: string): string {
  let clean = '';
  let from = 0;
  NAME.lastIndex = 0;
  for (let found = NAME.exec(text); found; found = NAME.exec(text)) {
    if (!isSecretName(found[1] ?? '')) continue;
    VALUE.lastIndex = NAME.lastIndex;
    const [value = '', quote = ''] = VALUE.exec(text) ?? [];
    if (value === '') continue;
    clean += `${text.slice(from, NAME.lastIndex)}${quote}${REMOVED}`;
    from = NAME.lastIndex + value.length;
    NAME.lastIndex = from;
  }
  return clean + text.slice(from);
}

/** Removes everything that looks like a secret from a text that comes from outside. */
export function scrub(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return withoutPairs(clean);
}
