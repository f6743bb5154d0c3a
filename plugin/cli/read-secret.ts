import { createReadStream } from 'node:fs';
import { UsageError } from './command.js';

/** In bytes; the longest secret of a provider is far shorter. */
const LONGEST = 64 * 1024;

/** What can be read: standard input, or its replacement in tests. */
export type Input = AsyncIterable<Buffer | string> & { isTTY?: boolean };

/**
 * Reads a secret from a file or from standard input, so that it appears in no list of processes and no history
 * of a shell. Spaces and line ends around it are removed.
 * @param file undefined or `-`: standard input
 * @throws UsageError for a file that cannot be read, for more than 64 KiB, and for a terminal, which would show
 *   what is typed
 */
export async function readSecret(
  file: string | undefined,
  option: string,
  input: Input = process.stdin,
): Promise<string> {
  const isInput = file === undefined || file === '-';
  if (isInput && input.isTTY)
    throw new UsageError(
      `Standard input is a terminal, which would show the secret. Give --${option} FILE, or pipe the secret into the command.`,
    );
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of isInput ? input : createReadStream(file)) {
      size += chunk.length;
      if (size > LONGEST) throw new UsageError('The secret is longer than 64 KiB.');
      chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    throw new UsageError(`${isInput ? 'Standard input' : file} cannot be read (${code}).`);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}
