import type { Difference } from '../../domain/configuration/document-difference.js';
import { VALIDITIES } from '../../domain/configuration/token-config.js';
import { phrase } from '../../lib/phrase.js';
import type { ImportedItem } from '../../usecases/import-token-configs.js';
import type { ImportAction } from '../../usecases/plan-import.js';
import type { Reader } from '../reader.js';

const PLANNED: Record<ImportAction, string> = {
  add: 'Will be added',
  change: 'Will be changed',
  keep: 'Unchanged, because "overwrite" was not selected',
  same: 'Unchanged',
  refuse: 'Rejected',
};
const DONE: Record<ImportAction, string> = { ...PLANNED, add: 'Added', change: 'Changed' };
const OF_SECRETS = {
  added: phrase('added'),
  changed: phrase('changed'),
  removed: phrase('removed'),
};

/** More differences than these are folded, so that the other rows, rejected ones above all, stay in sight. */
const MOST_IN_SIGHT = 10;
const LONGEST = 500;
const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

function presentDifference({ key, kind, secret, before, after }: Difference, t: Reader['t']): object {
  // Lets a line break after a dot rather than inside a word.
  const parts = key.split(/(?<=\.)/);
  if (secret) return { parts, secret: t(OF_SECRETS[kind]) };
  const shown = (value: string) =>
    key === 'ValidID' ? t(VALIDITIES[Number(value) as 1 | 2 | 3] ?? 'invalid') : shortened(value);
  return { parts, before: shown(before), after: shown(after) };
}

/** The lines of a preview or of a finished import, and their number by kind. Returns no secret. */
export function presentImport(items: ImportedItem[], { done, t }: { done: boolean; t: Reader['t'] }) {
  const count = (...actions: ImportAction[]) => items.filter(({ action }) => actions.includes(action)).length;
  return {
    counts: {
      add: count('add'),
      change: count('change'),
      left: count('keep', 'same'),
      refuse: count('refuse'),
    },
    items: items.map(({ line, name, action, differences, notes, id }) => ({
      line,
      name,
      action,
      id,
      outcome: t((done ? DONE : PLANNED)[action]),
      many: differences.length > MOST_IN_SIGHT ? differences.length : 0,
      differences: differences.map((difference) => presentDifference(difference, t)),
      notes: notes.map((note) => t(note)),
    })),
  };
}
