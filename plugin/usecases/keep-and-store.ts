import type { AnswerJournal, JournalEntry } from '../domain/ports.js';
import type { StoredToken } from '../domain/token.js';
import { type Answered, type StoreAnswerDeps, storeAnswer } from './store-answer.js';

export interface KeepAndStoreDeps extends StoreAnswerDeps {
  journal: AnswerJournal;
  /** Names this process in leases. */
  holder: string;
}

/**
 * Brings an answer to the database by way of the journal: the provider will not give it again, so from here on it
 * survives the end of this process. What could not be stored stays in the journal for the next look of the keeper.
 */
export async function keepAndStore(
  deps: KeepAndStoreDeps,
  answered: Answered & Pick<JournalEntry, 'actor' | 'what' | 'identity'> & { replaces: StoredToken },
): Promise<boolean> {
  const { attempt: _attempt, replaces: used, ...facts } = answered;
  const id = await deps.journal.put({ ...facts, used, receivedAt: deps.clock(), holder: deps.holder });
  try {
    const stored = await storeAnswer(deps, answered);
    await deps.journal.remove(id);
    return stored;
  } catch (error) {
    deps.journal.giveUp(id);
    throw error;
  }
}
