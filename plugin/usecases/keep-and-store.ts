import type { AnswerJournal, JournalEntry } from '../domain/token/answer-journal.js';
import type { StoredToken } from '../domain/token/token.js';
import { type Answered, type StoreAnswerDeps, storeAnswer } from './store-answer.js';

export interface KeepAndStoreDeps extends StoreAnswerDeps {
  journal: AnswerJournal;
  /** Names this process in leases. */
  holder: string;
}

/**
 * Brings an answer to the database by way of the journal: the provider will not give it again, so from here on it
 * survives the end of this process. What could not be stored stays in the journal for the next look.
 */
export async function keepAndStore(
  deps: KeepAndStoreDeps,
  answered: Answered & Pick<JournalEntry, 'actor' | 'what' | 'identity'> & { replaces: StoredToken },
): Promise<boolean> {
  const { attempt: _attempt, replaces: used, ...facts } = answered;
  const entry = { ...facts, used, receivedAt: deps.clock(), holder: deps.holder };
  // Whatever is wrong with the journal, the database may still take the answer.
  const id = await deps.journal.put(entry).catch(() => null);
  try {
    const stored = await storeAnswer(deps, answered);
    // The row is right: nothing that goes wrong from here on is a failure.
    if (id !== null) await deps.journal.settle(id).catch(() => undefined);
    return stored;
  } catch (error) {
    if (id !== null) deps.journal.giveUp(id);
    throw error;
  }
}
