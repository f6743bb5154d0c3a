import { isDeep } from './deep-json.js';

/**
 * The only list of names whose values are secret: parameters of OAuth2 (RFC 6749, 7521, 7523, 7636),
 * passwords, keys, cookies. Pages, exports, history, command line and log use it. Comparison ignores case,
 * `_`, `-` and `.`.
 */
const ENDS =
  /(token|secret|password|passwd|passphrase|verifier|cookie|authorization|assertion|apikey|privatekey|secretkey|clientkey|accesskey|credential|credentials)$/;
const WHOLE =
  /^(pw|pwd|pass|bearer|jwt|pin|otp|code|authcode|authorizationcode|state|databasepw|idtokenhint|pem|pfx|pkcs12)$/;
/** For a page's own script: matches each such name once `_`, `-` and `.` are removed, and some harmless ones too. */
export const SECRET_NAME = new RegExp(`${ENDS.source}|${WHOLE.source}`);
/** Dates and switches about a secret are not secret: `ClientSecretExpires`, `NotifyOnExpiredToken`. */
const ABOUT =
  /^(notifyon|hasclientsecret$)|(date|ends|expires|expiresat|expireson|expiresin|type|endpoint|url)$/;

/**
 * Must a value under this name stay hidden? Examples: `client_secret`, `Client-Secret`, `id_token`, `code`.
 */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[_.-]/g, '');
  return (ENDS.test(plain) || WHOLE.test(plain)) && !ABOUT.test(plain);
}

/**
 * Is the value a secret under any name: a private key (RFC 7468) or a JSON Web Token (RFC 7519)? A value too
 * deeply nested to inspect counts as one. The length of a token's header is limited, because `eyJ-eyJ-…`
 * would take quadratic time.
 */
export const isSecretValue = (value: unknown): boolean =>
  typeof value === 'string' &&
  (isDeep(value) ||
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/.test(value) ||
    /\beyJ[\w-]{10,4096}\.[\w-]{10,}/.test(value));
