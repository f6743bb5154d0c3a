import type { Clock } from '../domain/clock.js';
import type { ImportPreviewStore } from '../domain/configuration/import-preview-store.js';
import type { AuthorizationStore } from '../domain/consent/authorization-store.js';
import type { EventStore } from '../domain/token/event-store.js';

export interface PruneDeps {
  events: Pick<EventStore, 'prune'>;
  authorizations: Pick<AuthorizationStore, 'prune'>;
  importPreviews: Pick<ImportPreviewStore, 'prune'>;
  clock: Clock;
}

/**
 * Removes some of the rows whose time is over: authorizations that were never completed, previews that were
 * never imported, and events from before `before`. Each consent that somebody starts and abandons leaves a
 * row.
 * @returns how many rows; 0: nothing is left to remove
 */
export async function prune(deps: PruneDeps, before: Date): Promise<number> {
  const now = deps.clock();
  const removed = [
    await deps.authorizations.prune(now),
    await deps.importPreviews.prune(now),
    await deps.events.prune(before),
  ];
  return removed.reduce((sum, number) => sum + number, 0);
}
