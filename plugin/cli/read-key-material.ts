import { LARGEST_KEY_FILE } from '../domain/provider/client-keys.js';
import type { SidecarError } from '../errors.js';

/**
 * Reads a file with a key, or standard input for "-".
 * @param unusable the error for a file that cannot be read
 */
export async function readKeyMaterial(
  file: string,
  unusable: (detail: string) => SidecarError,
): Promise<Uint8Array> {
  if (file !== '-') {
    const { readRegularFile } = await import('../lib/regular-file.js');
    return readRegularFile(file, { maxBytes: LARGEST_KEY_FILE }).catch((error: NodeJS.ErrnoException) => {
      throw unusable(`${file} cannot be read (${error.code ?? error.name}).`);
    });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > LARGEST_KEY_FILE) throw unusable('The file is larger than 64 KB.');
  }
  return Buffer.concat(chunks);
}
