/** What stands where a secret stood. */
export const REMOVED = '[redacted]';

const PATTERNS: [RegExp, string][] = [
  // name=value and "name": "value", as in query strings, form bodies and JSON.
  [
    /\b((?:access_|refresh_|id_)?token|client_secret|client_assertion|assertion|code|code_verifier|state|password|pw)(["']?\s*[=:]\s*["']?)[^\s&"',;}]+/gi,
    `$1$2${REMOVED}`,
  ],
  [/\b(Bearer|Basic)\s+[\w\-.~+/]{6,}=*/gi, `$1 ${REMOVED}`],
  // JSON web tokens.
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g, REMOVED],
];

/** Takes whatever looks like a secret out of a text that came from outside. */
export function scrub(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}
