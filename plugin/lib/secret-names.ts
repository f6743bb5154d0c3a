import { isDeep } from './deep-json.js';

/**
 * The one list of what is secret by its name: parameters of OAuth2 (RFC 6749, 7521, 7523, 7636), passwords, keys, cookies.
 * Pages, exports, history, command line and log go by it. Names are compared without case, `_`, `-` and `.`.
 */
const ENDS =
  /(token|secret|password|passwd|passphrase|verifier|cookie|authorization|assertion|apikey|privatekey|secretkey|clientkey|accesskey|credential|credentials)$/;
const WHOLE =
  /^(pw|pwd|pass|bearer|jwt|pin|otp|code|authcode|authorizationcode|state|databasepw|idtokenhint|pem|pfx|pkcs12)$/;
/** A date or a switch about a secret is none: `ClientSecretExpires`, `NotifyOnExpiredToken`. */
const ABOUT =
  /^(notifyon|hasclientsecret$)|(date|ends|expires|expiresat|expireson|expiresin|type|endpoint|url)$/;

/** Does a value under this name have to stay hidden? `client_secret`, `Client-Secret`, `id_token`, `code`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[_.-]/g, '');
  return (ENDS.test(plain) || WHOLE.test(plain)) && !ABOUT.test(plain);
}

/**
 * Is the value a secret whatever its name: a private key (RFC 7468) or a JSON web token (RFC 7519)? What is too deep to look
 * into counts as one. A token's header has an end, or `eyJ-eyJ-…` would take quadratic time.
 */
export const isSecretValue = (value: unknown): boolean =>
  typeof value === 'string' &&
  (isDeep(value) ||
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/.test(value) ||
    /\beyJ[\w-]{10,4096}\.[\w-]{10,}/.test(value));
