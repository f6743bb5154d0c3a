import { SidecarError } from '../errors.js';

/**
 * Reads a file of certificates or a key.
 * @param name the option of DatabaseDSN that names it
 * @throws SidecarError config-unreadable
 */
export function pem(file: string, name: string, readFile: (file: string) => Buffer): string {
  try {
    const text = readFile(file).toString('utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unreadable(
      `${name} of DatabaseDSN is ${file}, which cannot be read (${code ?? 'unknown reason'}).`,
    );
  }
  throw unreadable(`${name} of DatabaseDSN is ${file}, which is not in the PEM format.`);
}

const unreadable = (detail: string): SidecarError =>
  new SidecarError('config-unreadable', { detail: `Kernel/Config.pm: ${detail}` });
