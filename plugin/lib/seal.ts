import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const IV = 12;
const TAG = 16;

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D) and a fresh nonce. The result is nonce, tag, ciphertext.
 * @param name is bound to the content, so that nobody can swap two files
 */
export function seal(key: Buffer, text: string, name: string): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(name));
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), content]);
}

/** @returns null if the content was not sealed with this key and name, or is truncated */
export function unseal(key: Buffer, sealed: Buffer, name: string): string | null {
  if (sealed.length < IV + TAG) return null;
  try {
    const options = { authTagLength: TAG };
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV), options)
      .setAAD(Buffer.from(name))
      .setAuthTag(sealed.subarray(IV, IV + TAG));
    return Buffer.concat([decipher.update(sealed.subarray(IV + TAG)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
