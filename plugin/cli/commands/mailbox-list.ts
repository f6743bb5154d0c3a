import type { Adapters } from '../../adapters/adapters.js';
import { type Command, JSON_OPTION } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { reading } from '../lookup.js';
import type { Cell, Output } from '../output.js';
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
    if (flag('passwords')) return listPasswordUses(adapters, out, flag('json'));
    const { mailboxes, fetching } = await readMailboxes(adapters);
    const shown = mailboxes.filter(({ isBroken }) => !flag('attention') || isBroken);
    if (flag('json')) out.json(shown.map(toJson));
    else
      out.table(
        ['ACCOUNT', 'TYPE', 'HOST', 'LOGIN', 'FOLDER', 'CONFIGURATION', 'STATE', 'DETAILS'],
        shown.map(toRow),
      );
    if (fetching.text !== '') out.warn(fetching.text);
    return flag('attention') && (shown.length > 0 || fetching.isStopped) ? EXIT.needsAttention : EXIT.ok;
  },
};

async function listPasswordUses(adapters: Adapters, out: Output, isJson: boolean): Promise<ExitCode> {
  const [{ listPasswords }, { printPasswords }] = await Promise.all([
    import('../../usecases/list-passwords.js'),
    import('../password-list.js'),
  ]);
  const [passwordUses, settings] = [await adapters.passwordUses(), await adapters.settings()];
  printPasswords(out, await listPasswords({ passwordUses, settings, clock: adapters.clock }), isJson);
  return EXIT.ok;
}

/** All mailboxes with their states, and whether the helpdesk fetches any. */
async function readMailboxes(adapters: Adapters) {
  const [{ listAllMailboxes }, { mailboxStates }, views] = await Promise.all([
    import('../../usecases/list-mailboxes.js'),
    import('../../usecases/mailbox-states.js'),
    import('../mailbox-views.js'),
  ]);
  const settings = await adapters.settings();
  const known = await listAllMailboxes({
    tokenConfigs: await adapters.tokenConfigs(),
    usages: await adapters.usages(),
    settings,
  });
  const deps = {
    mailWatch: await adapters.mailWatch(),
    overview: await adapters.overview(),
    settings,
    clock: adapters.clock,
  };
  const { judged, fetching } = await reading(adapters, () => mailboxStates(deps));
  const now = adapters.clock();
  const states = new Map(judged.map((one) => [one.mailbox.accountId, one]));
  const mailboxes = known.map((mailbox) => {
    const one = states.get(mailbox.accountId);
    return {
      ...mailbox,
      state: one?.state ?? null,
      isBroken: one !== undefined && views.needsAttention(one, now),
      actor: one ? views.mailboxActor(one) : null,
      mutedUntil: one ? views.mutedUntil(one.mailbox, now) : null,
      lastFetch: one?.mailbox.fetches.fetchedAt ?? null,
      text: one ? views.mailboxSentence(one, now) : '',
    };
  });
  return { mailboxes, fetching: { isStopped: fetching.isStopped, text: views.fetchingText(fetching) } };
}

type ListedMailbox = Awaited<ReturnType<typeof readMailboxes>>['mailboxes'][number];

const toJson = ({ config, accountId, state, ...mailbox }: ListedMailbox) => ({
  account: accountId ?? 'smtp',
  type: mailbox.type,
  host: mailbox.address,
  login: mailbox.login,
  folder: mailbox.folder || null,
  configId: config.id,
  config: config.name,
  state: state?.kind ?? null,
  severity: state?.severity ?? null,
  cause: state?.cause ?? null,
  actor: mailbox.actor,
  since: state?.since ?? null,
  count: state?.count ?? 0,
  mutedUntil: mailbox.mutedUntil,
  lastFetch: mailbox.lastFetch,
  said: state?.said || null,
  text: mailbox.text || null,
});

const toRow = ({ config, accountId, state, ...mailbox }: ListedMailbox): Cell[] => [
  accountId ?? 'smtp',
  mailbox.type,
  mailbox.address,
  mailbox.login,
  mailbox.folder,
  `${config.name} (${config.id})`,
  state ? { text: state.kind, tone: toneOf(state.severity) } : '',
  mailbox.text,
];
