import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Cost of scrypt (RFC 7914 §2): 8 MB and a few hundredths of a second. It hashes generated passwords of 144
 * random bits, which nobody can guess at any cost; more would only make it easier to keep the machine busy.
 */
const COST = { N: 8192, r: 8, p: 1 };
const KEY = 32;
const SALT = 16;

const derive = (password: string, salt: Buffer, { N, r, p }: typeof COST): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(password, salt, KEY, { N, r, p }, (error, key) => (error ? reject(error) : resolve(key))),
  );

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT);
  const key = await derive(password, salt, COST);
  const { N, r, p } = COST;
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Compares with the hash of a password that nobody has, which takes as long as a real comparison. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/**
 * Takes the same time whether the password is right or wrong, and if there is nothing to compare it with.
 * @param stored null: there is no such password
 */
export async function passwordMatches(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] =
    /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]+)$/.exec(stored ?? NOBODY) ?? [];
  if (N === undefined) return false;
  const expected = Buffer.from(key, 'base64url');
  const derived = await derive(password, Buffer.from(salt, 'base64url'), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  return expected.length === KEY && timingSafeEqual(derived, expected) && stored !== null;
}
