import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../domain/log.js';

/** What is known of an answer: marks of the refresh token that was sent, and of the one that came back. */
export interface Exchange {
  configId: number;
  /** 0: none was sent. */
  sent: number;
  /** The same as `sent` if the provider returned no other refresh token; 0: none. */
  brought: number;
}

/** Bytes of a mark. */
const SIZE = 6;
/** Hourly renewals of twelve weeks: an older backup is hardly restored. */
const KEPT = 2000;
/** A file is shortened when it holds this many. */
const MOST = 2 * KEPT;

const bytesOf = (mark: number): Buffer => {
  const bytes = Buffer.alloc(SIZE);
  bytes.writeUIntBE(mark, 0, SIZE);
  return bytes;
};

function indexOf(marks: Buffer, mark: Buffer): number {
  for (let at = marks.indexOf(mark); at >= 0; at = marks.indexOf(mark, at + 1))
    if (at % SIZE === 0) return at;
  return -1;
}

/**
 * Remembers which refresh tokens the provider has exchanged for others, so that a database that was restored from an
 * older backup does not make the sidecar send one of them again. Some providers accept each refresh token once and end the
 * whole grant when they see it again.
 *
 * One small file for each configuration holds the first 48 bits of the SHA-256 of each token, oldest first. It contains
 * no token, and is not encrypted. A list that cannot be read or written is logged and stops no renewal.
 * @param folder created with mode 0700 when the first token is noted
 */
export function createUsedTokens({ folder, log }: { folder: string; log: Log }) {
  const fileOf = (configId: number) => path.join(folder, String(configId));
  const faultOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown';

  async function read(configId: number): Promise<Buffer> {
    try {
      return await readFile(fileOf(configId));
    } catch (error) {
      if (faultOf(error) !== 'ENOENT')
        log.error({ configId, fault: faultOf(error) }, 'the list of used refresh tokens cannot be read');
      return Buffer.alloc(0);
    }
  }

  /** Replaces the file as a whole, so that a power failure leaves the old or the new one. */
  async function replace(configId: number, marks: Buffer): Promise<void> {
    const file = fileOf(configId);
    await writeFile(`${file}.new`, marks, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  return {
    /** Notes an answer. Never rejects. */
    async note({ configId, sent, brought }: Exchange): Promise<void> {
      const found = await read(configId);
      // A power failure may have left a part of a mark, behind which no other would be found.
      const marks = found.subarray(0, found.length - (found.length % SIZE));
      // A provider may return to a token that it issued before: then it is good again.
      const again = brought === 0 ? -1 : indexOf(marks, bytesOf(brought));
      const isUsed = sent !== 0 && sent !== brought;
      if (again < 0 && !isUsed) return;
      const added = isUsed ? bytesOf(sent) : Buffer.alloc(0);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (again < 0 && marks.length === found.length && marks.length < MOST * SIZE)
          await appendFile(fileOf(configId), added, { mode: 0o600 });
        else {
          const others = again < 0 ? [marks] : [marks.subarray(0, again), marks.subarray(again + SIZE)];
          await replace(configId, Buffer.concat([...others, added]).subarray(-KEPT * SIZE));
        }
      } catch (error) {
        log.error({ configId, fault: faultOf(error) }, 'the list of used refresh tokens cannot be written');
      }
    },
    /** Has the provider exchanged this refresh token for another one? */
    has: async (configId: number, mark: number): Promise<boolean> =>
      mark !== 0 && indexOf(await read(configId), bytesOf(mark)) >= 0,
  };
}
