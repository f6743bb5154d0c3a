import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { reading } from '../lookup.js';
import { toneOf } from '../tone.js';

export const command: Command = {
  summary: 'Lists the mailboxes that sign in with OAuth2, and outbound mail, with their state',
  details:
    "The state comes from the helpdesk's own log of what it fetched. With --attention, for cron and monitoring, the exit code is 4 if somebody must act on a mailbox, or if the helpdesk does not fetch mailboxes.",
  options: {
    passwords: {
      description:
        'list what still signs in with a password at Microsoft or Google: mail accounts, outbound mail and web services, each with the day on which that ends',
    },
    attention: { description: 'only mailboxes whose mail has stopped and that are not muted' },
    ...JSON_OPTION,
  },
  examples: [
    ['mailbox list', 'all mailboxes with state and token configuration'],
    ['mailbox list --passwords', 'what will stop, when, and the page where you start moving it to OAuth2'],
    ['mailbox list --attention', 'which mail has stopped, why, and what to do'],
  ],
  async run({ helpdesk, flag, out }) {
    const adapters = helpdesk();
    if (flag('passwords')) {
      const [{ listPasswords }, { printPasswords }] = await Promise.all([
        import('../../usecases/list-passwords.js'),
        import('../password-list.js'),
      ]);
      const [passwordUses, settings] = [await adapters.passwordUses(), await adapters.settings()];
      printPasswords(
        out,
        await listPasswords({ passwordUses, settings, clock: adapters.clock }),
        flag('json'),
      );
      return EXIT.ok;
    }
    const [
      { listAllMailboxes },
      { mailboxStates },
      { mailboxActor, mailboxSentence, needsAttention, mutedUntil, fetchingText },
    ] = await Promise.all([
      import('../../usecases/list-mailboxes.js'),
      import('../../usecases/mailbox-states.js'),
      import('../mailbox-views.js'),
    ]);
    const mailboxes = await listAllMailboxes({
      tokenConfigs: await adapters.tokenConfigs(),
      usages: await adapters.usages(),
      settings: await adapters.settings(),
    });
    const deps = {
      mailWatch: await adapters.mailWatch(),
      overview: await adapters.overview(),
      settings: await adapters.settings(),
      clock: adapters.clock,
    };
    const { judged, fetching } = await reading(adapters, () => mailboxStates(deps));
    const now = adapters.clock();
    const states = new Map(judged.map((one) => [one.mailbox.accountId, one]));
    const all = mailboxes.map(({ config, accountId, ...mailbox }) => {
      const one = states.get(accountId);
      return { ...mailbox, config, accountId, one, text: one ? mailboxSentence(one, now) : '' };
    });
    const shown = all.filter(({ one }) => !flag('attention') || (one && needsAttention(one, now)));
    const standstill = fetchingText(fetching);
    if (flag('json'))
      out.json(
        shown.map(({ config, accountId, type, address, login, folder, one, text }) => ({
          account: accountId ?? 'smtp',
          type,
          host: address,
          login,
          folder: folder || null,
          configId: config.id,
          config: config.name,
          state: one?.state.kind ?? null,
          severity: one?.state.severity ?? null,
          cause: one?.state.cause ?? null,
          actor: one ? mailboxActor(one) : null,
          since: one?.state.since ?? null,
          count: one?.state.count ?? 0,
          mutedUntil: one ? mutedUntil(one.mailbox, now) : null,
          lastFetch: one?.mailbox.fetches.fetchedAt ?? null,
          said: one?.state.said || null,
          text: text || null,
        })),
      );
    else
      out.table(
        ['ACCOUNT', 'TYPE', 'HOST', 'LOGIN', 'FOLDER', 'CONFIGURATION', 'STATE', 'DETAILS'],
        shown.map(({ config, accountId, type, address, login, folder, one, text }) => [
          accountId ?? 'smtp',
          type,
          address,
          login,
          folder,
          `${config.name} (${config.id})`,
          one ? { text: one.state.kind, tone: toneOf(one.state.severity) } : '',
          text,
        ]),
      );
    if (standstill !== '') out.warn(standstill);
    return flag('attention') && (shown.length > 0 || fetching.isStopped) ? EXIT.needsAttention : EXIT.ok;
  },
};
