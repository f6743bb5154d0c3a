import { inner, type Phrase, phrase } from '../../lib/phrase.js';
import type { Actor } from '../actor.js';
import { subjectOf } from '../mailbox/state-change.js';
import type { Show } from '../token/state-sentence.js';
import type { Alert } from './alert.js';
import type { AlertGroup, AlertMessage, AlertType } from './alert-message.js';

/** How alerts are written: in one language, with the times of one time zone. */
export interface AlertReader {
  t(text: Phrase): string;
  time(at: Date): string;
  /** For the sentences about states. */
  show: Show;
}

/** What is the matter with a subject, in the language of the alerts. */
export interface Description {
  sentence: string;
  actor: Actor | null;
}

/** How many subjects of a group are named, and how many groups are described. */
const MOST_NAMED = 20;
const MOST_GROUPS = 20;

const ACTORS: Record<Actor, Phrase | null> = {
  owner: phrase('the owner of the mailbox'),
  'tenant-admin': phrase('an administrator at the provider (of the tenant or of Google Workspace)'),
  admin: phrase('an administrator of the helpdesk'),
  provider: phrase('the provider; no action is needed from you'),
  nobody: null,
};

const INTRODUCTIONS: Record<Exclude<AlertType, 'test'>, Phrase> = {
  problem: phrase('Action is needed; mail has stopped or will stop:'),
  reminder: phrase('Action is still needed; you will be reminded until this is resolved:'),
  resolved: phrase('This works again:'),
};

function titleOf(type: Exclude<AlertType, 'test'>, name: string, count: number): Phrase {
  const what = count === 1 ? name : inner(phrase('%s (%s in all)', name, count));
  switch (type) {
    case 'problem':
      return phrase('Needs attention: %s', what);
    case 'reminder':
      return phrase('Still needs attention: %s', what);
    case 'resolved':
      return phrase('Works again: %s', what);
  }
}

/** Puts alerts with the same state and cause together, most urgent first. */
function groupAlerts(
  alerts: readonly Alert[],
  type: AlertType,
  describe: ReadonlyMap<string, Description>,
): AlertGroup[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const key = type === 'resolved' ? alert.cause : `${alert.severity} ${alert.state} ${alert.cause}`;
    groups.set(key, [...(groups.get(key) ?? []), alert]);
  }
  const order = (alert: Alert | undefined) => (alert?.severity === 'error' ? 0 : 1);
  return [...groups.values()]
    .sort((a, b) => order(a[0]) - order(b[0]) || b.length - a.length)
    .map((members) => {
      const [first] = members as [Alert];
      const described = members.map(({ subject }) => describe.get(subject)).find(Boolean);
      return {
        state: first.state,
        severity: first.severity,
        count: members.length,
        since: new Date(Math.min(...members.map(({ since }) => since.getTime()))).toISOString(),
        sentence: type === 'resolved' ? '' : (described?.sentence ?? ''),
        actor: type === 'resolved' ? null : (described?.actor ?? null),
        subjects: members
          .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          .slice(0, MOST_NAMED)
          .map(({ subject, name }) => {
            const parsed = subjectOf(subject);
            return { kind: parsed?.kind ?? subject, id: parsed && 'id' in parsed ? parsed.id : null, name };
          }),
      };
    });
}

/** A name as one line without direction marks, which would turn the rest of the line round. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();

function groupText(group: AlertGroup, { t, time }: AlertReader): string {
  const names = group.subjects.map(({ name }) => plain(name)).join(', ');
  const actor = group.actor && ACTORS[group.actor];
  const facts: Phrase[] = [
    group.count > group.subjects.length
      ? phrase('Affected (%s): %s, …', group.count, names)
      : phrase('Affected (%s): %s', group.count, names),
    phrase('Since: %s', time(new Date(group.since))),
    ...(actor ? [phrase('Action by: %s', inner(actor))] : []),
  ];
  const lines = [...(group.sentence === '' ? [] : [plain(group.sentence)]), ...facts.map(t)];
  return lines.map((line, at) => `${at === 0 ? '- ' : '  '}${line}`).join('\n');
}

export interface Written {
  id: string;
  type: AlertType;
  at: Date;
  /** Host name of the helpdesk, for the subject line. */
  host: string;
  /** URL of the overview. */
  link: string;
}

/**
 * Writes one message about all these alerts.
 * @param count how many there are, if `alerts` are only the first of them
 */
export function writeMessage(
  { id, type, at, host, link }: Written,
  { alerts, count = alerts.length }: { alerts: readonly Alert[]; count?: number },
  reader: AlertReader,
  describe: ReadonlyMap<string, Description>,
): AlertMessage {
  const groups = groupAlerts(alerts, type, describe);
  const facts = { id, type, at: at.toISOString(), link, groups: groups.slice(0, MOST_GROUPS) };
  const place = host === '' ? '' : `[${plain(host)}] `;
  const overview = reader.t(phrase('Overview: %s', link));
  if (type === 'test')
    return {
      ...facts,
      title: `${place}${reader.t(phrase('Alert test'))}`,
      text: [
        reader.t(phrase('An administrator is testing this channel. No action is needed.')),
        overview,
        '',
      ].join('\n\n'),
    };
  const name = plain(groups[0]?.subjects[0]?.name ?? '');
  return {
    ...facts,
    title: `${place}${reader.t(titleOf(type, name, count))}`,
    text: [
      reader.t(INTRODUCTIONS[type]),
      ...facts.groups.map((group) => groupText(group, reader)),
      ...(groups.length > MOST_GROUPS ? ['- …'] : []),
      overview,
      '',
    ].join('\n\n'),
  };
}
