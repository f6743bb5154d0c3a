import { SidecarError } from '../../errors.js';
import { endOfDay, muteMailbox } from '../../usecases/mute-mailbox.js';
import { overviewWith } from '../notices.js';
import type { ScreenCall } from '../screen-call.js';

/** "Mute": Mailbox is the ID of a mail account or `smtp`; Until is a day, or empty to end it. */
export async function muteOne({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  const day = (parameters.one('Until') ?? '').trim();
  const until = day === '' ? null : endOfDay(day);
  if (day !== '' && until === null) throw new SidecarError('mute-invalid');
  await muteMailbox(deps, {
    configId: parameters.id('ID'),
    accountId: parameters.one('Mailbox') === 'smtp' ? null : parameters.id('Mailbox'),
    until,
    actor: agent.userId,
  });
  await deps.watchMail();
  await deps.catchUp();
  redirect(overviewWith(until === null ? 'unmuted' : 'muted'));
}
