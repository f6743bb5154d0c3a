import { isSecretName } from './secret-names.js';

/** What stands where a secret stood. */
export const REMOVED = '[redacted]';

/** What stands before a value, as in query strings, form bodies and JSON; the quotes may be escaped. */
const NAME = /([\w.-]{2,60})\\?["']?\s{0,9}[=:]\s{0,9}/g;
/** A quoted value to its end, or a word. */
const VALUE = /(\\?["'])?(?:(?<=\\")(?:[^"\\]|\\(?!"))*|(?<=")(?:[^"\\]|\\.)*|(?<=')[^']*|[^\s&"',;}\\]+)/y;

const PATTERNS: [RegExp, string][] = [
  // Headers whose whole value is one (RFC 9110 §11.6.2, RFC 6265).
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(\s{0,9}:\s{0,9})[^\r\n"]+/gi, `$1$2${REMOVED}`],
  [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^-]*(-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?/g, REMOVED],
  // Words such as "Basic authentication is disabled" are no credentials: those hold more than small letters.
  [/\b(Bearer|Basic)\s+(?![a-z]{1,20}(?![\w\-.~+/=]))[\w\-.~+/]{6,}=*/gi, `$1 ${REMOVED}`],
  // JSON web tokens.
  [/\beyJ[\w-]{1,4096}\.[\w-]+(?:\.[\w-]*)*/g, REMOVED],
];

/** Values after a secret's name. What stands after another name may hold names of its own. */
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

/** Takes whatever looks like a secret out of a text that came from outside. */
export function scrub(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return withoutPairs(clean);
}
