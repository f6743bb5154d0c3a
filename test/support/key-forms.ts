import type { KeyObject } from 'node:crypto';

/** The numbers of an RSA key that nobody else may know (RFC 8017 §3.2); modulus and exponent are public. */
const SECRET = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;
/** In characters; long enough never to appear by chance. */
const LENGTH = 40;

/** Base64 of bytes that may begin anywhere in a group of three, without the ends, which depend on what is around them. */
const base64Of = (bytes: Buffer): string[] =>
  [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(8, 8 + LENGTH),
  );

/** A number as it appears in the DER of a key, in whichever encoding that is written down. */
function formsOf(bytes: Buffer): string[] {
  const hex = bytes.toString('hex').slice(8, 8 + LENGTH);
  const base64 = base64Of(bytes);
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  // The PEM itself in base64 or as hexadecimal digits.
  const twice = base64.flatMap((text) => base64Of(Buffer.from(text)).map((one) => one.slice(0, LENGTH)));
  const hexOfText = base64.map((text) => Buffer.from(text).toString('hex'));
  const decimal = BigInt(`0x${bytes.toString('hex')}`)
    .toString()
    .slice(8, 8 + LENGTH);
  const pairs = hex.match(/../g) ?? [];
  return [
    ...[hex, hex.toUpperCase(), decimal, pairs.join(':'), pairs.join(':').toUpperCase()],
    ...[...base64, ...url, ...hexOfText, ...twice],
  ];
}

/** What a page, an address, JSON, YAML or a mail puts into a long text. */
const plain = (text: string): string =>
  text
    .replace(/%2B|&#x2B;|&#43;|\\u002b/gi, '+')
    .replace(/%2F|&#x2F;|&#47;|\\u002f|\\\//gi, '/')
    .replace(/%3D|&#x3D;|&#61;|\\u003d/gi, '=')
    .replace(/\s+|\\+[nr]|%0[AD]|&#(x0?[ad]|10|13);/gi, '');

/**
 * Names the secret numbers of an RSA key that a text contains in any encoding: PEM, DER, JWK, hexadecimal, decimal, and
 * each of them escaped or in base64 once more.
 */
export function keyPartsIn(text: string, key: KeyObject): string[] {
  const jwk = key.export({ format: 'jwk' });
  const joined = plain(text);
  return SECRET.filter((name) => {
    const bytes = Buffer.from(String(jwk[name]), 'base64url');
    return formsOf(bytes).some((form) => text.includes(form) || joined.includes(form));
  });
}
