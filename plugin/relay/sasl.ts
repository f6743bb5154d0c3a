/** User name and password as a client sent them. */
export interface Credentials {
  login: string;
  password: string;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @returns null if the text is not base64 (RFC 4648 §4), or does not encode UTF-8 text */
function fromBase64(text: string): string | null {
  if (!BASE64.test(text)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'base64'));
  } catch {
    return null;
  }
}

/** A line of Latin-1 as it arrived, read as UTF-8. */
export const asUtf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/**
 * The message of PLAIN (RFC 4616 §2): `authzid NUL authcid NUL passwd`. Another identity to act as is refused,
 * because a relay password belongs to one mailbox.
 * @returns null if it is not such a message
 */
export function readPlain(text: string): Credentials | null {
  const message = fromBase64(text);
  const [actAs = '', login = '', password = '', ...more] = message?.split('\0') ?? [];
  if (login === '' || password === '' || more.length > 0) return null;
  if (actAs !== '' && actAs !== login) return null;
  return { login, password };
}

/** The challenges of LOGIN, an old mechanism that many clients still use: `Username:`, `Password:`. */
const LOGIN_CHALLENGES = ['VXNlcm5hbWU6', 'UGFzc3dvcmQ6'] as const;

export const isMechanism = (word: string): boolean => /^(PLAIN|LOGIN)$/i.test(word);

/**
 * Runs one exchange of SASL (RFC 4422 §3) with PLAIN or LOGIN.
 * @param initial what came with the command; `=` stands for an empty text (RFC 4959 §3)
 * @param ask sends a challenge and reads the client's answer
 * @returns null if the client cancels with `*`, or its messages are not those of the mechanism
 */
export async function saslCredentials(
  mechanism: string,
  initial: string | undefined,
  ask: (challenge: string) => Promise<string>,
): Promise<Credentials | null> {
  const given = initial === '=' ? '' : initial;
  if (mechanism.toUpperCase() === 'PLAIN') return readPlain(given ?? (await ask('')));
  const login = fromBase64(given ?? (await ask(LOGIN_CHALLENGES[0])));
  if (!login) return null;
  const password = fromBase64(await ask(LOGIN_CHALLENGES[1]));
  return password ? { login, password } : null;
}
