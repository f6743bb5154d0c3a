import type { AlertReader, Description } from '../../domain/alert/write-message.js';
import type { Clock } from '../../domain/clock.js';
import type { Settings, SettingsReader } from '../../domain/helpdesk/settings.js';
import { actorOf } from '../../domain/mailbox/fetch-cause.js';
import { mailThresholds } from '../../domain/mailbox/mail-thresholds.js';
import type { MailWatchStore } from '../../domain/mailbox/mail-watch.js';
import { fetchingSentence, troubleSentence } from '../../domain/mailbox/mailbox-sentence.js';
import { mailboxState, troubleOf } from '../../domain/mailbox/mailbox-state.js';
import { type StateSubject, subjectKey, subjectOf } from '../../domain/mailbox/state-change.js';
import { placeFor, whereSentence } from '../../domain/provider/causes/places.js';
import { policyOf } from '../../domain/token/renewal.js';
import type { RenewalRows } from '../../domain/token/renewal-store.js';
import { stateSentence } from '../../domain/token/state-sentence.js';
import { tokenState } from '../../domain/token/token-state.js';
import { phrase } from '../../lib/phrase.js';
import { outboundOf } from '../list-mailboxes.js';
import { fetchingOf } from '../watch-mail.js';

const FETCHING = phrase('The helpdesk does not fetch mailboxes. The overview says why, and what to do.');

export interface DescribeSubjectsDeps {
  renewalRows: RenewalRows;
  mailWatch: Pick<MailWatchStore, 'look' | 'mailboxes'>;
  settings: SettingsReader;
  clock: Clock;
}

type Described = [string, Description];

const idsOf = (subjects: readonly StateSubject[], wanted: StateSubject['kind']): number[] =>
  subjects.flatMap((subject) => (subject.kind === wanted && 'id' in subject ? [subject.id] : []));

async function ofConfigurations(
  { renewalRows, clock }: DescribeSubjectsDeps,
  { ids, settings, reader }: { ids: number[]; settings: Settings; reader: AlertReader },
): Promise<Described[]> {
  if (ids.length === 0) return [];
  const policy = policyOf(settings);
  const now = clock();
  const rows = await renewalRows.of(ids);
  return rows.map((row): Described => {
    // What its mailboxes do is told of each of them.
    const renewal = { ...row.renewal, mail: null };
    const state = tokenState({ ...row, renewal, used: true }, now, policy);
    const place = state.cause && placeFor(state.cause, row.config.document);
    const sentences = [stateSentence(state, reader.show, now), ...(place ? [whereSentence(place)] : [])];
    const sentence = sentences.map((each) => reader.t(each)).join(' ');
    return [subjectKey({ kind: 'configuration', id: row.config.id }), { sentence, actor: state.actor }];
  });
}

/**
 * Describes what is told as the overview does: configurations, mailboxes, and fetching as a whole. At most one query
 * for configurations and four for mail.
 * @param keys as `subjectKey` writes them; what cannot be described is left out
 */
export async function describeSubjects(
  deps: DescribeSubjectsDeps,
  keys: readonly string[],
  reader: AlertReader,
): Promise<Map<string, Description>> {
  const subjects = keys.flatMap((key) => subjectOf(key) ?? []);
  const settings = await deps.settings.current();
  const accountIds = idsOf(subjects, 'mailbox');
  const isFetching = subjects.some(({ kind }) => kind === 'fetching');
  const configurations = await ofConfigurations(deps, {
    ids: idsOf(subjects, 'configuration'),
    settings,
    reader,
  });
  if (accountIds.length === 0 && !isFetching) return new Map(configurations);

  const now = deps.clock();
  const look = await deps.mailWatch.look(now);
  const fetching = fetchingOf(look, settings, new Date(0), now);
  const outbound = outboundOf(settings);
  const mailboxes = accountIds.length === 0 ? [] : await deps.mailWatch.mailboxes({ outbound, accountIds });
  const thresholds = mailThresholds(settings);
  const ofMail = mailboxes.flatMap(({ accountId, login, isValid, fetches }): Described[] => {
    const state = mailboxState({ isWatched: isValid, fetches }, { thresholds, fetching }, now);
    const trouble = troubleOf(state, { accountId, mailbox: login }, now);
    if (!trouble) return [];
    const sentence = reader.t(troubleSentence(trouble, reader.time));
    return [
      [subjectKey({ kind: 'mailbox', id: accountId ?? 0 }), { sentence, actor: actorOf(trouble.cause) }],
    ];
  });
  const whole = reader.t(fetchingSentence(fetching, reader.time) ?? FETCHING);
  const ofFetching: Described[] = isFetching ? [['fetching', { sentence: whole, actor: 'admin' }]] : [];
  return new Map([...ofFetching, ...configurations, ...ofMail]);
}
