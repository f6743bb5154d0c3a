import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
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
/** Twelve weeks of hourly renewals; older backups are rarely restored. */
const KEPT = 2000;
/** A file is shortened when it holds this many. */
const MOST = 2 * KEPT;
/**
 * A list to which nothing was added for this long is removed: its configuration was deleted or is not renewed, and no backup
 * is that old. Milliseconds.
 */
const UNCHANGED = 400 * 86_400_000;

const bytesOf = (mark: number): Buffer => {
  const bytes = Buffer.alloc(SIZE);
  bytes.writeUIntBE(mark, 0, SIZE);
  return bytes;
};

/** The list as separate marks. A power failure may have left a part of one at the end. */
const marksIn = (list: Buffer): Buffer[] =>
  Array.from({ length: Math.floor(list.length / SIZE) }, (_, at) =>
    list.subarray(at * SIZE, (at + 1) * SIZE),
  );

function without(list: Buffer, mark: number): Buffer {
  const bytes = bytesOf(mark);
  return Buffer.concat(marksIn(list).filter((each) => !each.equals(bytes)));
}

/** The list after one more exchange. */
function afterExchange(list: Buffer, { sent, brought }: Exchange): Buffer {
  // A provider may return to a token that it issued before: then it is good again.
  const kept = without(list, brought);
  const isUsed = sent !== 0 && sent !== brought;
  return isUsed ? Buffer.concat([without(kept, sent), bytesOf(sent)]) : kept;
}

/**
 * Remembers which refresh tokens the provider has exchanged for others, so that a database that was restored from an
 * older backup does not make the sidecar send one of them again. Some providers accept each refresh token once and end the
 * whole grant when they see it again.
 *
 * One small file for each configuration holds the first 48 bits of the SHA-256 of each token, oldest first. It contains
 * no token, and is not encrypted. A list that cannot be read or written is logged and stops no renewal; what could not be
 * written is kept in memory and written later.
 * @param folder created with mode 0700 when the first token is noted
 */
export function createUsedTokens({ folder, log }: { folder: string; log: Log }) {
  /** By configuration, oldest first: what the disk did not take. */
  const unwritten = new Map<number, Exchange[]>();
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

  /** Returns once the marks are on disk, because the answer in the journal is removed next. */
  async function write(file: string, flags: string, marks: Buffer): Promise<void> {
    const handle = await open(file, flags, 0o600);
    try {
      await handle.writeFile(marks);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Replaces the file as a whole, so that a power failure leaves the old or the new one. */
  async function replace(configId: number, marks: Buffer): Promise<void> {
    const own = `${fileOf(configId)}.${randomUUID()}`;
    try {
      await write(own, 'wx', marks);
      await rename(own, fileOf(configId));
    } catch (error) {
      await rm(own, { force: true });
      throw error;
    }
  }

  /** Writes what is unwritten of a configuration. */
  async function flush(configId: number): Promise<void> {
    const exchanges = unwritten.get(configId) ?? [];
    const found = await read(configId);
    const marks = exchanges.reduce(afterExchange, found);
    const isLonger = marks.length > found.length && marks.subarray(0, found.length).equals(found);
    try {
      if (!marks.equals(found)) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (isLonger && marks.length <= MOST * SIZE)
          await write(fileOf(configId), 'a', marks.subarray(found.length));
        else await replace(configId, marks.subarray(-KEPT * SIZE));
      }
      const later = (unwritten.get(configId) ?? []).slice(exchanges.length);
      if (later.length > 0) unwritten.set(configId, later);
      else unwritten.delete(configId);
    } catch (error) {
      log.error({ configId, fault: faultOf(error) }, 'the list of used refresh tokens cannot be written');
    }
  }

  return {
    /** Notes an answer. Never rejects. */
    async note(exchange: Exchange): Promise<void> {
      const { configId } = exchange;
      unwritten.set(configId, [...(unwritten.get(configId) ?? []), exchange]);
      await flush(configId);
    },
    /** Tries again to write what the disk did not take. Never rejects. */
    async retry(): Promise<void> {
      for (const configId of [...unwritten.keys()]) await flush(configId);
    },
    /** Has the provider exchanged this refresh token for another one? */
    async has(configId: number, mark: number): Promise<boolean> {
      if (mark === 0) return false;
      const marks = (unwritten.get(configId) ?? []).reduce(afterExchange, await read(configId));
      return marksIn(marks).some((each) => each.equals(bytesOf(mark)));
    },
    /** Removes the lists that nobody needs any more. Never rejects. */
    async prune(now: Date): Promise<void> {
      const names = await readdir(folder).catch(() => []);
      for (const name of names) {
        const file = path.join(folder, name);
        const changedAt = await stat(file).then(
          ({ mtimeMs }) => mtimeMs,
          () => now.getTime(),
        );
        if (now.getTime() - changedAt > UNCHANGED) await rm(file, { force: true }).catch(() => undefined);
      }
    },
  };
}
