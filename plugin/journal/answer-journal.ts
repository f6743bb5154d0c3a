import type { AnswerJournal, Clock, JournalEntry, Log } from '../domain/ports.js';
import { together } from '../lib/together.js';
import { countIn, isAnswerFile, nameFor, writerOf } from './file-name.js';
import { createSealedFiles, type SealedFiles } from './sealed-files.js';

export interface JournalDeps {
  /** Of this installation only; made with mode 0700. */
  folder: string;
  clock: Clock;
  log: Log;
  /** Is a process still there? Replaced in tests. */
  isAlive?: (pid: number) => boolean;
  /** Replaced in tests. */
  files?: SealedFiles;
}

/** After this a living process is not at it any more: longer than a lease. Milliseconds. */
const FORGOTTEN = 150_000;
/** After this an entry that could not be stored is offered again, in milliseconds. */
const POSTPONED = 3_600_000;

/** Signal 0 only asks; EPERM is somebody else's living process (kill(2)). */
function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const DATE = /(At|Time)$/;

/** Dates come back as dates; a file of one answer only held it bare once. */
function parse(text: string): JournalEntry[] {
  const content = JSON.parse(text, (key, value) =>
    DATE.test(key) && typeof value === 'string' ? new Date(value) : value,
  ) as JournalEntry | JournalEntry[];
  return Array.isArray(content) ? content : [content];
}

/** Of one answer in a file. */
const idOf = (name: string, at: number) => `${name}#${at}`;
const idsOf = (name: string) => Array.from({ length: countIn(name) }, (_none, at) => idOf(name, at));
const placeOf = (id: string) => {
  const [name = '', at = '0'] = id.split('#');
  return { name, at: Number(at) };
};

/**
 * Small encrypted files. Answers that arrive while one is being written go into the next one together, so that many
 * are one write to the disk; a file is removed when all its answers are settled. Until then a settled one may come back
 * after the end of this process: to store it twice does nothing.
 */
export function createAnswerJournal({
  folder,
  clock,
  log,
  isAlive = processIsAlive,
  files = createSealedFiles(folder),
}: JournalDeps): AnswerJournal {
  const busy = new Set<string>();
  const settled = new Set<string>();
  const postponed = new Map<string, number>();
  /** What the disk refused: better in memory than nowhere. */
  const unwritten = new Map<string, JournalEntry[]>();

  const names = async () => {
    const written = (await files.names()).filter(isAnswerFile);
    return [...new Set([...written, ...unwritten.keys()])].sort();
  };

  function isAbandoned(name: string): boolean {
    const { at, pid } = writerOf(name);
    return pid === process.pid || !isAlive(pid) || clock().getTime() - at > FORGOTTEN;
  }

  const isLeft = (id: string) =>
    !busy.has(id) && !settled.has(id) && (postponed.get(id) ?? 0) <= clock().getTime();

  async function read(name: string): Promise<JournalEntry[]> {
    const inMemory = unwritten.get(name);
    if (inMemory) return inMemory;
    const text = await files.read(name);
    if (text !== undefined) return text === null ? [] : parse(text);
    // Never looked at again, and never thrown away.
    await files.rename(name, `${name}.unreadable`).catch(() => undefined);
    log.error({ name }, 'an entry of the journal cannot be read');
    return [];
  }

  async function write(entries: JournalEntry[]): Promise<string[]> {
    const name = nameFor(clock(), entries.length);
    const ids = idsOf(name);
    for (const id of ids) busy.add(id);
    try {
      await files.write(name, JSON.stringify(entries));
    } catch (error) {
      // A full disk must not keep the answers from the database.
      unwritten.set(name, entries);
      log.error(
        { fault: (error as NodeJS.ErrnoException).code ?? 'unknown' },
        'the journal cannot be written',
      );
    }
    return ids;
  }

  async function remove(id: string): Promise<void> {
    settled.add(id);
    busy.delete(id);
    postponed.delete(id);
    const { name } = placeOf(id);
    const ids = idsOf(name);
    if (ids.every((other) => settled.has(other))) await discard(name);
  }

  /** A file that the disk keeps is harmless, because storing its answers again changes nothing. The next look tries again. */
  async function discard(name: string): Promise<void> {
    try {
      await files.remove(name);
    } catch (error) {
      const fault = (error as NodeJS.ErrnoException).code ?? 'unknown';
      log.error({ name, fault }, 'a settled entry of the journal cannot be removed');
      return;
    }
    unwritten.delete(name);
    for (const id of idsOf(name)) settled.delete(id);
  }

  /** To a file of its own, so that the one it came in, with what is settled by now, does not stay for its sake. */
  async function moveApart(id: string): Promise<string> {
    const { name, at } = placeOf(id);
    if (countIn(name) === 1) return id;
    const entry = (await read(name))[at];
    if (!entry) return id;
    const [own = ''] = await write([entry]);
    busy.delete(own);
    const [stays, goes] = unwritten.has(placeOf(own).name) ? [id, own] : [own, id];
    await remove(goes);
    return stays;
  }

  return {
    put: together(write),
    remove,
    giveUp: (id) => void busy.delete(id),
    async postpone(id) {
      postponed.set(await moveApart(id), clock().getTime() + POSTPONED);
    },
    async left() {
      const found: { id: string; entry: JournalEntry }[] = [];
      for (const name of await names()) {
        if (idsOf(name).every((id) => settled.has(id))) await discard(name);
        const ids = isAbandoned(name) ? idsOf(name).filter(isLeft) : [];
        if (ids.length === 0) continue;
        const entries = await read(name);
        for (const id of ids) {
          const entry = entries[placeOf(id).at];
          if (entry) found.push({ id, entry });
        }
      }
      return found;
    },
    async length() {
      return (await names()).flatMap(idsOf).filter((id) => !settled.has(id)).length;
    },
  };
}
