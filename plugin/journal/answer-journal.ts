import path from 'node:path';
import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { AnswerJournal, JournalEntry, StoredAnswer } from '../domain/token/answer-journal.js';
import type { StoredToken } from '../domain/token/token.js';
import { begunAt, isAnswerFile, isStoredFile, sealedAs, storedName, writerHasEnded } from './file-name.js';
import { createJournalWriter } from './journal-writer.js';
import { createKnownAnswers, idOf, placeOf, tokenMark } from './known-answers.js';
import { createSealedFiles, type SealedFiles } from './sealed-files.js';
import { createUsedTokens } from './used-tokens.js';

export interface JournalDeps {
  /** Used by this installation only; created with mode 0700. */
  folder: string;
  clock: Clock;
  log: Log;
  /** Has the writer of a file ended? Replaced in tests. */
  hasEnded?: (name: string) => boolean | null;
  /** Replaced in tests. */
  files?: SealedFiles;
}

/**
 * After this time any process stores the answers of other processes: storing an answer twice changes nothing.
 * Milliseconds.
 */
const OTHERS = 30_000;
/**
 * How long stored answers are kept, because a database that fails over or loses power may lose its last
 * seconds. Milliseconds.
 */
const KEPT = 600_000;

/** How often to look for answers whose time is over. Milliseconds. */
const ENDING = 60_000;

/** The subfolder that says which refresh tokens were exchanged. */
const USED = 'used';

const DATE = /(At|Time)$/;

/** Reads the entries with their dates. Earlier versions wrote a single answer without an array. */
function parse(text: string): JournalEntry[] {
  const content = JSON.parse(text, (key, value) =>
    DATE.test(key) && typeof value === 'string' ? new Date(value) : value,
  ) as JournalEntry | JournalEntry[];
  return Array.isArray(content) ? content : [content];
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown';

/**
 * Keeps answers in small encrypted files, each with those that arrived during one write to the disk. After
 * the last of its answers is stored, a file is kept for some minutes under another name. The answers that a
 * process leaves behind may be stored already; storing one again changes nothing.
 */
export function createAnswerJournal({
  folder,
  clock,
  log,
  hasEnded = writerHasEnded,
  files = createSealedFiles(folder),
}: JournalDeps): AnswerJournal {
  const known = createKnownAnswers();
  const writer = createJournalWriter({ files, clock, log });
  const usedTokens = createUsedTokens({ folder: path.join(folder, USED), log });
  /** Names of files that could not be read: an admin must correct who may read them. */
  const unreadable = new Set<string>();
  /** Files whose last answer is settled, but which could not be renamed or removed. */
  const unfinished = new Set<string>();

  const ageOf = (name: string) => Math.abs(clock().getTime() - begunAt(name));
  const isTaken = (name: string) => hasEnded(name) !== true && ageOf(name) <= OTHERS;
  const list = async (wanted: (name: string) => boolean) => (await files.names()).filter(wanted).sort();

  async function put(entry: JournalEntry): Promise<string> {
    const { name, at, onDisk } = writer.add(entry);
    const id = idOf(known.add(name, at, entry, 'busy'));
    await onDisk;
    return id;
  }

  /**
   * Moves the entries before the damage to a new file. The damaged file is neither read again nor deleted.
   */
  async function setAside(file: string, whole: JournalEntry[]): Promise<void> {
    for (const entry of whole) giveUp(await put(entry));
    await files.rename(file, `${file}.unreadable`).catch(() => undefined);
    log.error({ name: file }, 'an entry of the journal cannot be read');
  }

  /** @returns null: it does not exist, or is not readable */
  async function read(file: string): Promise<JournalEntry[] | null> {
    const inMemory = writer.refused.get(sealedAs(file));
    if (inMemory) return inMemory;
    try {
      const content = await files.read(file);
      unreadable.delete(file);
      const entries = content?.texts.flatMap(parse) ?? null;
      if (!content?.damaged || !entries) return entries;
      await setAside(file, entries);
    } catch (error) {
      const fault = codeOf(error);
      if (!unreadable.has(file)) log.error({ name: file, fault }, 'an entry of the journal cannot be read');
      unreadable.add(file);
    }
    return null;
  }

  /** Records a file that another process wrote. */
  async function learn(file: string, state: 'waiting' | 'stored'): Promise<JournalEntry[] | null> {
    const entries = await read(file);
    const name = sealedAs(file);
    if (!known.has(name))
      for (const [at, entry] of entries?.entries() ?? []) known.add(name, at, entry, state);
    return entries;
  }

  async function finish(name: string): Promise<void> {
    const answers = known.of(name);
    if (answers.some(({ state }) => state === 'busy' || state === 'waiting')) return;
    const keep = answers.some(({ state }) => state === 'stored') && !writer.refused.has(name);
    try {
      if (keep) await files.rename(name, storedName(name));
      else {
        await Promise.all([files.remove(name), files.remove(storedName(name))]);
        known.forget(name);
        writer.refused.delete(name);
      }
      unfinished.delete(name);
    } catch (error) {
      // The answer is in the database: it does not matter that its file stays longer.
      if (!unfinished.has(name))
        log.warn({ name, fault: codeOf(error) }, 'a journal file could not be renamed or removed yet');
      unfinished.add(name);
    }
  }

  async function end(id: string, state: 'stored' | 'gone'): Promise<void> {
    const answer = known.byId(id);
    if (!answer) return;
    answer.state = state;
    await finish(answer.name);
  }

  const giveUp = (id: string): void => {
    const answer = known.byId(id);
    if (answer) answer.state = 'waiting';
  };

  /** Moves the entry to its own file, so that the shared file need not stay because of it. */
  async function moveApart(id: string): Promise<string> {
    const { name } = placeOf(id);
    if (known.of(name).length < 2 || writer.refused.has(name)) return id;
    const entry = (await read(name))?.[known.byId(id)?.at ?? -1];
    if (!entry) return id;
    const own = await put(entry);
    if (writer.refused.has(placeOf(own).name)) {
      await end(own, 'gone');
      return id;
    }
    giveUp(own);
    await end(id, 'gone');
    return own;
  }

  /**
   * Lists all files. What waits in a file that has gone was stored or removed by another process on this machine, and an
   * admin may have moved away what could not be read.
   */
  async function listAndCompare(): Promise<string[]> {
    const waiting = known.in('waiting').filter(({ name }) => !writer.refused.has(name));
    const locked = [...unreadable];
    const there = new Set(await files.names());
    for (const file of locked) if (!there.has(file)) unreadable.delete(file);
    const missing = waiting.filter(({ name }) => !there.has(name));
    // A file that is being renamed may be listed under neither name.
    const later = new Set(missing.length > 0 ? await files.names() : []);
    for (const answer of missing.filter(({ name }) => !later.has(name)))
      await end(idOf(answer), later.has(storedName(answer.name)) ? 'stored' : 'gone');
    return [...there];
  }

  async function left() {
    for (const name of unfinished) await finish(name);
    const now = clock().getTime();
    const found: { id: string; entry: JournalEntry }[] = [];
    const listed = (await listAndCompare()).filter(isAnswerFile).sort();
    const names = new Set([...listed, ...writer.refused.keys()]);
    for (const name of names) {
      const isNew = !known.has(name);
      if (isNew && isTaken(name)) continue;
      const learned = isNew ? await learn(name, 'waiting') : null;
      const wanted = known
        .of(name)
        .filter(({ state, postponedUntil }) => state === 'waiting' && postponedUntil <= now);
      if (wanted.length === 0) continue;
      const entries = learned ?? (await read(name));
      // Another process on this machine was faster.
      if (!entries && !unreadable.has(name)) known.forget(name);
      for (const answer of wanted) {
        const entry = entries?.[answer.at];
        if (entry) found.push({ id: idOf(answer), entry });
      }
    }
    return found;
  }

  /** Forgets files of this process that another process on this machine has removed. */
  function forgetRemoved(there: Set<string>): void {
    for (const name of known.names()) {
      // Files are known in the order in which they were begun.
      if (ageOf(name) <= KEPT) return;
      if (!there.has(name) && known.of(name).every(({ state }) => state === 'stored')) known.forget(name);
    }
  }

  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Configurations whose row is older than an answer. */
  const doubted = new Set<number>();

  async function stored(which: 'all' | 'ending'): Promise<StoredAnswer[]> {
    const now = clock().getTime();
    const looksAgain = new Set(doubted);
    if (which === 'ending' && Math.abs(now - lookedAt) < ENDING && looksAgain.size === 0) return [];
    await usedTokens.retry();
    const there = await list(isStoredFile);
    lookedAt = now;
    forgetRemoved(new Set(there.map(sealedAs)));
    const found: StoredAnswer[] = [];
    for (const file of there) {
      const ends = ageOf(file) > KEPT;
      const isWanted = ({ configId }: { configId: number }) =>
        which === 'all' || ends || looksAgain.has(configId);
      const name = sealedAs(file);
      if (!known.has(name) && (which === 'all' || ends)) await learn(file, 'stored');
      for (const answer of known.of(name).filter(isWanted))
        if (answer.state === 'stored')
          found.push({
            id: idOf(answer),
            configId: answer.configId,
            ends,
            replaced: (row) => known.isBefore(answer, row),
            read: async () => (await read(file))?.[answer.at] ?? null,
          });
    }
    for (const configId of looksAgain) doubted.delete(configId);
    return found;
  }

  /** Removes an answer for good. From then on, only the list of used refresh tokens knows what it said. */
  async function remove(id: string): Promise<void> {
    const answer = known.byId(id);
    if (answer && answer.state !== 'gone') await usedTokens.note(answer.exchange);
    await end(id, 'gone');
  }

  let learned: Promise<unknown> | undefined;
  /** Reads what earlier processes have left, once. */
  const learnAll = () =>
    (learned ??= Promise.all([left(), stored('all'), usedTokens.prune(clock())]).catch((error: unknown) => {
      // The next call tries again.
      learned = undefined;
      throw error;
    }));

  async function isUsed(configId: number, mark: number): Promise<boolean> {
    return known.isExchanged(configId, mark) ?? usedTokens.has(configId, mark);
  }

  /** Is the refresh token of the row older than that of the newest answer, although the answers in between are gone? */
  async function isOlder({ configId, refreshToken }: StoredToken): Promise<boolean> {
    const mark = tokenMark(refreshToken);
    const newest = known.newestRefresh(configId);
    return mark !== 0 && newest !== null && newest !== mark && (await isUsed(configId, mark));
  }

  return {
    put,
    async settle(id) {
      const answer = known.byId(id);
      // A file that the disk refused is forgotten at once.
      if (answer && writer.refused.has(answer.name)) await usedTokens.note(answer.exchange);
      await end(id, 'stored');
    },
    remove,
    giveUp,
    async postpone(id, ms) {
      const answer = known.byId(await moveApart(id));
      if (answer) answer.postponedUntil = clock().getTime() + ms;
    },
    left,
    stored,
    waits: (configId) => known.waits(configId),
    waiting: () => known.in('waiting').map(({ configId, holder }) => ({ configId, holder })),
    async isAnswered(token) {
      await learnAll();
      const isAnswered = known.isAnswered(token) || (await isOlder(token));
      if (isAnswered) doubted.add(token.configId);
      return isAnswered;
    },
    async isUsed({ configId, refreshToken }) {
      await learnAll();
      return isUsed(configId, tokenMark(refreshToken));
    },
    async length() {
      const others = (await list(isAnswerFile)).filter((name) => !known.has(name));
      const contents = await Promise.all(others.map((name) => files.read(name).catch(() => null)));
      const counts = contents.map((content) => content?.texts.flatMap(parse).length ?? 0);
      return counts.reduce((sum, count) => sum + count, known.in('busy', 'waiting').length);
    },
    isLocked: () => unreadable.size > 0,
    async unreadable() {
      return unreadable.size + (await list((name) => name.endsWith('.unreadable'))).length;
    },
    failedWrites: () => writer.failures(),
  };
}
