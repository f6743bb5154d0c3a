import { createHash } from 'node:crypto';
import type { JournalEntry } from '../domain/token/answer-journal.js';
import type { StoredToken } from '../domain/token/token.js';
import { begunAt } from './file-name.js';
import type { Exchange } from './used-tokens.js';

/**
 * busy: being stored in the database. waiting: given up for now. stored: in the database. gone: no longer
 * needed.
 */
export type AnswerState = 'busy' | 'waiting' | 'stored' | 'gone';

/**
 * What is known of an answer in a file; contains no token. There may be one for every token, so each is
 * small: its marks are numbers, and its ID is composed when needed.
 */
export interface KnownAnswer {
  /** The name of its file, to which the content is bound. */
  name: string;
  /** Its place in the file. */
  at: number;
  configId: number;
  holder: string;
  state: AnswerState;
  /** Not returned before this time, in milliseconds since the epoch. */
  postponedUntil: number;
  /** Marks of the row from which the request was made. */
  used: RowMark;
  /** Marks of the row with the answer in it. */
  brought: RowMark;
  /** What it says about refresh tokens. */
  exchange: Exchange;
}

interface RowMark {
  access: number;
  refresh: number;
}

const BYTES = 6;

/** The first 48 bits of a SHA-256; 0: no token. */
export const tokenMark = (token: string | null | undefined): number =>
  token ? createHash('sha256').update(token).digest().readUIntBE(0, BYTES) : 0;

const rowMark = ({
  accessToken,
  refreshToken,
}: Pick<StoredToken, 'accessToken' | 'refreshToken'>): RowMark => ({
  access: tokenMark(accessToken),
  refresh: tokenMark(refreshToken),
});

const isSame = (a: RowMark, b: RowMark) => a.access === b.access && a.refresh === b.refresh;

export const idOf = ({ name, at }: Pick<KnownAnswer, 'name' | 'at'>): string => `${name}#${at}`;

/** The file and the place in it, from an ID. */
export function placeOf(id: string): { name: string; at: number } {
  const end = id.lastIndexOf('#');
  return { name: id.slice(0, end), at: Number(id.slice(end + 1)) };
}

function knownFrom(name: string, at: number, entry: JournalEntry, state: AnswerState): KnownAnswer {
  const { used: row, answer } = entry;
  const used = rowMark(row);
  const refresh = answer.refreshToken === undefined ? null : tokenMark(answer.refreshToken);
  const brought = {
    access: answer.accessToken === undefined ? used.access : tokenMark(answer.accessToken),
    refresh: refresh ?? used.refresh,
  };
  // A consent sends no refresh token. If its answer contains none either, it says nothing about the one in the row.
  const sent = entry.what === 'renewal' ? used.refresh : 0;
  return {
    name,
    at,
    configId: entry.configId,
    holder: entry.holder,
    state,
    postponedUntil: 0,
    used,
    brought,
    exchange: { configId: entry.configId, sent, brought: refresh ?? sent },
  };
}

/** When they arrived. The files of an earlier process become known in no particular order. */
const inOrder = (a: KnownAnswer, b: KnownAnswer): number =>
  a.name === b.name ? a.at - b.at : begunAt(a.name) - begunAt(b.name);

/** The answers of all files, found by file, by ID and by configuration. */
export function createKnownAnswers() {
  const files = new Map<string, KnownAnswer[]>();
  const byConfig = new Map<number, KnownAnswer[]>();

  function forgetOne(known: KnownAnswer): void {
    const others = byConfig.get(known.configId)?.filter((other) => other !== known) ?? [];
    if (others.length === 0) byConfig.delete(known.configId);
    else byConfig.set(known.configId, others);
  }

  return {
    /** @param name of the file to which the content is bound */
    add(name: string, at: number, entry: JournalEntry, state: AnswerState): KnownAnswer {
      const known = knownFrom(name, at, entry, state);
      for (const [map, key] of [
        [files, name],
        [byConfig, known.configId],
      ] as [Map<unknown, KnownAnswer[]>, unknown][]) {
        const others = map.get(key);
        if (others) others.push(known);
        else map.set(key, [known]);
      }
      byConfig.get(known.configId)?.sort(inOrder);
      return known;
    },
    /** The names of all files, in the order in which they became known. */
    names: (): IterableIterator<string> => files.keys(),
    has: (name: string): boolean => files.has(name),
    of: (name: string): readonly KnownAnswer[] => files.get(name) ?? [],
    byId(id: string): KnownAnswer | undefined {
      const { name, at } = placeOf(id);
      return files.get(name)?.find((known) => known.at === at);
    },
    forget(name: string): void {
      for (const known of files.get(name) ?? []) forgetOne(known);
      files.delete(name);
    },
    /** The answers in the given states, of all files. */
    in: (...states: AnswerState[]): KnownAnswer[] =>
      [...files.values()].flatMap((answers) => answers.filter(({ state }) => states.includes(state))),
    waits: (configId: number): boolean =>
      byConfig.get(configId)?.some(({ state }) => state === 'waiting') ?? false,
    /**
     * Was this refresh token exchanged for another one? null: no answer contains it. In order, because a provider may
     * return to a token that it issued before.
     */
    isExchanged(configId: number, refresh: number): boolean | null {
      let exchanged: boolean | null = null;
      for (const answer of byConfig.get(configId) ?? []) {
        const { sent, brought } = answer.exchange;
        if (answer.state === 'gone' || refresh === 0) continue;
        if (brought === refresh) exchanged = false;
        else if (sent === refresh) exchanged = true;
      }
      return exchanged;
    },
    /** The mark of the refresh token that the newest answer left behind; null: no answer is known. */
    newestRefresh(configId: number): number | null {
      const newest = byConfig.get(configId)?.findLast(({ state }) => state !== 'gone');
      return newest?.brought.refresh ?? null;
    },
    /** Is the row as it was before this answer? */
    isBefore: ({ used }: KnownAnswer, token: StoredToken): boolean => isSame(used, rowMark(token)),
    /**
     * Has a provider answered a request made from this row? While an answer is not stored, its refresh token
     * counts as used. Once it is stored, only a row that is exactly as before the answer counts: then the
     * database has lost the answer.
     */
    isAnswered(token: StoredToken): boolean {
      const answers = byConfig.get(token.configId);
      if (!answers) return false;
      const row = rowMark(token);
      let answered = false;
      for (const { state, used, brought } of answers) {
        if (state === 'gone') continue;
        if (state !== 'stored' && used.refresh === row.refresh) return true;
        // In order, because a provider may return to tokens that it issued before.
        if (isSame(brought, row)) answered = false;
        else if (isSame(used, row)) answered = true;
      }
      return answered;
    },
  };
}
