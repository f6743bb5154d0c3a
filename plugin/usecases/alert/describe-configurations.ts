import type { AlertReader, Description } from '../../domain/alert/write-message.js';
import type { Clock } from '../../domain/clock.js';
import type { SettingsReader } from '../../domain/helpdesk/settings.js';
import { subjectKey, subjectOf } from '../../domain/mailbox/state-change.js';
import { placeFor, whereSentence } from '../../domain/provider/causes/places.js';
import { policyOf } from '../../domain/token/renewal.js';
import type { RenewalRows } from '../../domain/token/renewal-store.js';
import { stateSentence } from '../../domain/token/state-sentence.js';
import { tokenState } from '../../domain/token/token-state.js';
import { phrase } from '../../lib/phrase.js';

const FETCHING = phrase('The helpdesk fetches no mail at all. The overview says why, and what to do.');

/**
 * Describes configurations as the overview does. One query.
 * @param subjects keys; those of other kinds are left out
 */
export async function describeConfigurations(
  deps: { renewalRows: RenewalRows; settings: SettingsReader; clock: Clock },
  subjects: readonly string[],
  reader: AlertReader,
): Promise<Map<string, Description>> {
  const ids = subjects.flatMap((key) => {
    const subject = subjectOf(key);
    return subject?.kind === 'configuration' ? [subject.id] : [];
  });
  const policy = policyOf(await deps.settings.current());
  const now = deps.clock();
  const rows = await deps.renewalRows.of(ids);
  const fetching: [string, Description][] = subjects.includes('fetching')
    ? [['fetching', { sentence: reader.t(FETCHING), actor: 'admin' }]]
    : [];
  return new Map([
    ...fetching,
    ...rows.map((row): [string, Description] => {
      const state = tokenState({ ...row, used: true }, now, policy);
      const place = state.cause && placeFor(state.cause, row.config.document);
      const sentences = [stateSentence(state, reader.show, now), ...(place ? [whereSentence(place)] : [])];
      const sentence = sentences.map((each) => reader.t(each)).join(' ');
      return [subjectKey({ kind: 'configuration', id: row.config.id }), { sentence, actor: state.actor }];
    }),
  ]);
}
