import { moveLink } from '../domain/mailbox/password-ends.js';
import { passwordSentence } from '../domain/mailbox/password-sentence.js';
import { inner, phrase } from '../lib/phrase.js';
import { showFor } from './locale.js';
import type { MessageBox } from './respond.js';
import type { ScreenCall } from './screen-call.js';

/** How many are named; the others are counted. */
const NAMED = 3;

/** What signs in with a password that will stop, or has stopped, to be accepted, with the page that begins the move. */
export async function passwordWarnings({ deps, reader }: ScreenCall): Promise<MessageBox[]> {
  // Where only app passwords are accepted, they go on working.
  const ending = (await deps.passwords()).filter(({ stage }) => stage === 'ahead' || stage === 'over');
  const next = ending.find(({ stage }) => stage === 'ahead') ?? ending[0];
  if (!next) return [];
  const { t } = reader;
  const names = ending
    .slice(0, NAMED)
    .map(({ use }) => `${use.name} (${use.host})`)
    .join(', ');
  const until = inner(passwordSentence(next.end, next.stage, showFor(reader, deps.clock()).date));
  const rest = ending.length - NAMED;
  const text =
    rest > 0
      ? phrase('Sign-in with a password: %s and %s more. %s', names, rest, until)
      : phrase('Sign-in with a password: %s. %s', names, until);
  return [
    {
      kind: 'Warning',
      text: t(text),
      url: moveLink(next.end),
      urlText: t(phrase('Start moving to OAuth2')),
    },
  ];
}
