import type { JournalEntry } from '../domain/token/answer-journal.js';
import type { StoredToken } from '../domain/token/token.js';
import { sha256 } from '../lib/hash.js';

/**
 * busy: being stored in the database. waiting: given up for now. stored: in the database. gone: no longer
 * needed.
 */
export type AnswerState = 'busy' | 'waiting' | 'stored' | 'gone';

/** What is known of an answer in a file; contains no token. */
export interface KnownAnswer {
  id: string;
  /** Its place in the file. */
  at: number;
  configId: number;
  holder: string;
  state: AnswerState;
  /** Not returned before this time, in milliseconds since the epoch. */
  postponedUntil: number;
  /** Marks of the row from which the request was made. */
  used: string;
  usedRefreshToken: string;
  /** Mark of the row with the answer in it. */
  brought: string;
}

const markOf = (...texts: (string | null | undefined)[]): string => sha256(JSON.stringify(texts));
const rowMark = ({ accessToken, refreshToken }: Pick<StoredToken, 'accessToken' | 'refreshToken'>) =>
  markOf(accessToken, refreshToken);

function knownFrom(name: string, at: number, entry: JournalEntry, state: AnswerState): KnownAnswer {
  const { used, answer } = entry;
  const after = {
    accessToken: answer.accessToken ?? used.accessToken,
    refreshToken: answer.refreshToken ?? used.refreshToken,
  };
  return {
    id: `${name}#${at}`,
    at,
    configId: entry.configId,
    holder: entry.holder,
    state,
    postponedUntil: 0,
    used: rowMark(used),
    usedRefreshToken: markOf(used.refreshToken),
    brought: rowMark(after),
  };
}

/** The answers of all files, found by file, by ID and by configuration. */
export function createKnownAnswers() {
  const files = new Map<string, KnownAnswer[]>();
  const byId = new Map<string, KnownAnswer>();
  const byConfig = new Map<number, Set<KnownAnswer>>();

  function forgetOne(known: KnownAnswer): void {
    byId.delete(known.id);
    const others = byConfig.get(known.configId);
    others?.delete(known);
    if (others?.size === 0) byConfig.delete(known.configId);
  }

  return {
    /** @param name of the file to which the content is bound */
    add(name: string, at: number, entry: JournalEntry, state: AnswerState): KnownAnswer {
      const known = knownFrom(name, at, entry, state);
      files.set(name, [...(files.get(name) ?? []), known]);
      byId.set(known.id, known);
      byConfig.set(known.configId, (byConfig.get(known.configId) ?? new Set()).add(known));
      return known;
    },
    has: (name: string): boolean => files.has(name),
    of: (name: string): readonly KnownAnswer[] => files.get(name) ?? [],
    byId: (id: string): KnownAnswer | undefined => byId.get(id),
    forget(name: string): void {
      for (const known of files.get(name) ?? []) forgetOne(known);
      files.delete(name);
    },
    /** The answers in the given states, of all files. */
    in: (...states: AnswerState[]): KnownAnswer[] =>
      [...byId.values()].filter(({ state }) => states.includes(state)),
    waits: (configId: number): boolean =>
      [...(byConfig.get(configId) ?? [])].some(({ state }) => state === 'waiting'),
    /**
     * Has a provider answered a request made from this row? While an answer is not stored, its refresh token
     * counts as used. Once it is stored, only a row that is exactly as before the answer counts: then the
     * database has lost the answer.
     */
    isAnswered(token: StoredToken): boolean {
      const refreshToken = markOf(token.refreshToken);
      const row = rowMark(token);
      let answered = false;
      for (const { state, used, usedRefreshToken, brought } of byConfig.get(token.configId) ?? []) {
        if (state === 'gone') continue;
        if (state !== 'stored' && usedRefreshToken === refreshToken) return true;
        // In order, because a provider may return to tokens that it issued before.
        if (brought === row) answered = false;
        else if (used === row) answered = true;
      }
      return answered;
    },
  };
}
