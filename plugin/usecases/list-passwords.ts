import type { Clock } from '../domain/clock.js';
import type { Settings, SettingsReader } from '../domain/helpdesk/settings.js';
import { sendsWithToken } from '../domain/mailbox/outbound-sign-in.js';
import {
  type PasswordEnd,
  type PasswordStage,
  passwordEndOf,
  stageOf,
} from '../domain/mailbox/password-ends.js';
import type { PasswordUse, PasswordUseStore } from '../domain/mailbox/password-uses.js';
import { hostOfAddress } from '../lib/host-of.js';
import { outboundMailbox } from './list-mailboxes.js';

/** A sign-in with a password at a provider that ends it, or has ended it. */
export interface EndingPassword {
  use: PasswordUse;
  end: PasswordEnd;
  stage: PasswordStage;
}

export interface ListPasswordsDeps {
  passwordUses: PasswordUseStore;
  settings: SettingsReader;
  clock: Clock;
}

/** Outbound mail, if it signs in with a password. */
function outboundUse(settings: Settings): PasswordUse[] {
  const mailbox = outboundMailbox(settings);
  if (!mailbox || mailbox.login === '') return [];
  if (sendsWithToken(settings)) return [];
  const { type, login: name, address } = mailbox;
  return [{ kind: 'outbound', id: null, name, type, protocol: 'smtp', host: hostOfAddress(address) }];
}

/** Sooner days first; those without a day last. */
const order = ({ end }: EndingPassword): string => end.day ?? '9999';

/** Lists what of the helpdesk still signs in with a password at Microsoft or Google, by the day on which that ends. */
export async function listPasswords({
  passwordUses,
  settings,
  clock,
}: ListPasswordsDeps): Promise<EndingPassword[]> {
  const now = clock();
  const [stored, current] = await Promise.all([passwordUses.list(), settings.current()]);
  const found = [...stored, ...outboundUse(current)].flatMap((use) => {
    const end = passwordEndOf(use);
    return end ? [{ use, end, stage: stageOf(end, now) }] : [];
  });
  return found.sort((a, b) => order(a).localeCompare(order(b)));
}
