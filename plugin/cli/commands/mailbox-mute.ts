import { type Command, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf } from '../lookup.js';
import { localTime } from '../output.js';

export const command: Command = {
  summary: 'Mutes a mailbox in the notification bar and alerts until the end of a day',
  details: 'Use it for a known problem. Other commands still list the mailbox, and say that it is muted.',
  arguments: [
    { name: 'account', description: 'ID of the mail account, as "mailbox list" shows it, or "smtp"' },
  ],
  options: {
    until: {
      value: 'DATE',
      description: 'the last day, such as 2026-12-24, in UTC; at most a year from now',
    },
    off: { description: 'end the muting' },
    ...USER_OPTION,
  },
  examples: [
    ['mailbox mute 7 --until 2026-12-24', 'no alerts until then'],
    ['mailbox mute 7 --off', 'alerts again'],
  ],
  async run(call) {
    const { helpdesk, out } = call;
    const { endOfDay, muteMailbox } = await import('../../usecases/mute-mailbox.js');
    const until = call.flag('off') ? null : endOfDay(call.text('until') ?? '');
    if (call.flag('off') === (call.text('until') !== undefined) || (!call.flag('off') && until === null))
      throw new UsageError('Give either --until with a day such as 2026-12-24, or --off.');
    const adapters = helpdesk();
    await adapters.ready();
    const actor = await actorOf(call, adapters);
    const { outboundOf } = await import('../../usecases/list-mailboxes.js');
    const settings = await adapters.settings();
    const mailWatch = await adapters.mailWatch();
    const word = call.arguments[0] ?? '';
    const all = await mailWatch.mailboxes({ outbound: outboundOf(await settings.current()) });
    const mailbox = all.find(({ accountId }) => String(accountId ?? 'smtp') === word);
    if (!mailbox) throw new UsageError(`No mailbox "${word}" signs in with OAuth2; see "mailbox list".`);
    const deps = {
      mailWatch,
      settings,
      tokenConfigs: await adapters.tokenConfigs(),
      usages: await adapters.usages(),
      events: await adapters.events(),
      clock: adapters.clock,
    };
    const { configId, accountId, login } = mailbox;
    await muteMailbox(deps, { configId, accountId, until, actor });
    out.line(until ? `${login} is muted until ${localTime(until)}.` : `${login} is no longer muted.`);
    return EXIT.ok;
  },
};
