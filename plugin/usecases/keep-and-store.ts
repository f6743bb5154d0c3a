import type { AnswerJournal, JournalEntry } from '../domain/token/answer-journal.js';
import type { StoredToken } from '../domain/token/token.js';
import { type Answered, type StoreAnswerDeps, storeAnswer } from './store-answer.js';

export interface KeepAndStoreDeps extends StoreAnswerDeps {
  journal: AnswerJournal;
  /** Identifies this process in leases. */
  holder: string;
}

/**
 * Stores an answer through the journal: the provider does not send it again, so from now on it survives the
 * end of this process. An answer that could not be stored stays in the journal for the next pass.
 */
export async function keepAndStore(
  deps: KeepAndStoreDeps,
  answered: Answered & Pick<JournalEntry, 'actor' | 'what' | 'identity'> & { replaces: StoredToken },
): Promise<boolean> {
  const { attempt: _attempt, replaces: used, ...facts } = answered;
  const entry = { ...facts, used, receivedAt: deps.clock(), holder: deps.holder };
  // If the journal fails, the database may still take the answer.
  const id = await deps.journal.put(entry).catch(() => null);
  try {
    const stored = await storeAnswer(deps, answered);
    // The row is right: later errors are not a failure.
    if (id !== null) await deps.journal.settle(id).catch(() => undefined);
    return stored;
  } catch (error) {
    if (id !== null) deps.journal.giveUp(id);
    throw error;
  }
}
