import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { AnswerJournal, Clock, JournalEntry, Log } from '../domain/ports.js';
import { coalesce } from '../lib/coalesce.js';
import { seal, unseal } from '../lib/seal.js';

export interface JournalDeps {
  /** Of this installation only; made with mode 0700. */
  folder: string;
  clock: Clock;
  log: Log;
  /** Is a process still there? Replaced in tests. */
  isAlive?: (pid: number) => boolean;
}

const SUFFIX = '.answer';
/** After this a living process is not at it any more: longer than a lease. Milliseconds. */
const FORGOTTEN = 150_000;

/** Signal 0 only asks; EPERM is somebody else's living process (kill(2)). */
function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The key of the installation, made at first use; whoever is second takes the first one's. */
function keyOf(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'journal.key');
  if (!existsSync(file)) {
    const own = path.join(folder, `journal.key.${randomUUID()}`);
    const content = openSync(own, 'wx', 0o600);
    writeSync(content, randomBytes(32));
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(folder);
      fchownSync(content, uid, gid);
    }
    fsyncSync(content);
    closeSync(content);
    try {
      // Whole or not at all, also for two processes at once (link(2)).
      linkSync(own, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(own);
    }
  }
  return readFileSync(file);
}

/** What a command of root leaves behind is for the service, which runs as the folder's owner. */
async function giveToOwner(folder: string, file: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  await file.chown(uid, gid);
}

/** File and folder on the disk: afterwards a power cut takes neither (fsync(2)). */
async function writeDurably(
  folder: string,
  name: string,
  content: Buffer,
  syncFolder: () => Promise<void>,
): Promise<void> {
  const file = await open(path.join(folder, name), 'wx', 0o600);
  try {
    await giveToOwner(folder, file);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder();
}

async function syncDirectory(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const DATE = /(At|Time)$/;

/** Dates come back as dates. */
const parse = (text: string): JournalEntry =>
  JSON.parse(text, (key, value) =>
    DATE.test(key) && typeof value === 'string' ? new Date(value) : value,
  ) as JournalEntry;

/** After this an entry that could not be stored is offered again, in milliseconds. */
const POSTPONED = 3_600_000;

/** One small encrypted file for each answer, named by time and process. */
export function createAnswerJournal({
  folder,
  clock,
  log,
  isAlive = processIsAlive,
}: JournalDeps): AnswerJournal {
  const key = keyOf(folder);
  // Many answers that arrive together are one write to the disk.
  const syncFolder = coalesce(() => syncDirectory(folder));
  const busy = new Set<string>();
  /** What the disk refused: better in memory than nowhere. */
  const unwritten = new Map<string, JournalEntry>();
  const postponed = new Map<string, number>();

  const files = async () => (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
  const names = async () => [...new Set([...(await files()), ...unwritten.keys()])].sort();

  function isLeft(name: string): boolean {
    if ((postponed.get(name) ?? 0) > clock().getTime()) return false;
    const [at = 0, pid = 0] = name.split('-').map(Number);
    if (pid === process.pid) return !busy.has(name);
    const age = clock().getTime() - at;
    return !isAlive(pid) || age > FORGOTTEN;
  }

  async function read(name: string): Promise<JournalEntry | null> {
    const inMemory = unwritten.get(name);
    if (inMemory) return inMemory;
    const content = await readFile(path.join(folder, name)).catch(() => null);
    if (content === null) return null;
    const text = unseal(key, content, name);
    if (text !== null) return parse(text);
    // Cut short by the end of its process, or of another key: never looked at again, and never thrown away.
    await rename(path.join(folder, name), path.join(folder, `${name}.unreadable`)).catch(() => undefined);
    log.error({ name }, 'an entry of the journal cannot be read');
    return null;
  }

  return {
    async put(entry) {
      const name = `${clock().getTime()}-${process.pid}-${randomUUID()}${SUFFIX}`;
      busy.add(name);
      try {
        await writeDurably(folder, name, seal(key, JSON.stringify(entry), name), syncFolder);
      } catch (error) {
        // A full disk must not keep the answer from the database.
        unwritten.set(name, entry);
        log.error(
          { fault: (error as NodeJS.ErrnoException).code ?? 'unknown' },
          'the journal cannot be written',
        );
      }
      return name;
    },
    async remove(id) {
      await rm(path.join(folder, id), { force: true });
      unwritten.delete(id);
      postponed.delete(id);
      busy.delete(id);
    },
    giveUp: (id) => void busy.delete(id),
    postpone: (id) => void postponed.set(id, clock().getTime() + POSTPONED),
    async left() {
      const found: { id: string; entry: JournalEntry }[] = [];
      for (const id of (await names()).filter(isLeft)) {
        const entry = await read(id);
        if (entry) found.push({ id, entry });
      }
      return found;
    },
    length: async () => (await names()).length,
  };
}
