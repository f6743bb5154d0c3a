import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { moveLink } from '../../domain/mailbox/password-ends.js';
import { passwordSentence } from '../../domain/mailbox/password-sentence.js';
import { inner, phrase } from '../../lib/phrase.js';
import { listPasswords } from '../list-passwords.js';

const MOST_NAMED = 10;

const isoDay = (day: Date): string => day.toISOString().slice(0, 10);

/** What still signs in with a password at a provider that ends it? */
export async function checkPasswords(deps: DoctorDeps): Promise<Finding> {
  const found = await listPasswords({
    passwordUses: await deps.passwordUses(),
    settings: { current: deps.settings },
    clock: deps.clock,
  });
  if (found.length === 0) return ok(phrase('Nothing signs in to Microsoft or Google with a password.'));
  const reasons = found
    .slice(0, MOST_NAMED)
    .map(({ use, end, stage }) =>
      phrase('%s (%s): %s', use.name, use.host, inner(passwordSentence(end, stage, isoDay))),
    );
  const more = found.length - reasons.length;
  if (more > 0) reasons.push(phrase('%s more: znuny-oauth2 mailbox list --passwords', more));
  const stages = found.map(({ stage }) => stage);
  const result = stages.includes('over')
    ? 'fault'
    : stages.every((stage) => stage === 'app-password')
      ? 'ok'
      : 'warning';
  const links = [...new Set(found.map(({ end }) => moveLink(end)))];
  return finding(
    result,
    reasons,
    ...links.map((link) => ({ text: phrase('Connect these mailboxes with OAuth2:'), link })),
  );
}
