import type { Adapters } from '../../adapters/adapters.js';
import type { RenewalRow } from '../../domain/token/renewal-store.js';
import { STATE_KINDS } from '../../domain/token/token-state.js';
import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { reading } from '../lookup.js';
import { judge, needsAttention, tokenJson } from '../token-views.js';
import { toneOf } from '../tone.js';

/** More than any helpdesk has: one page. */
const ALL = 1_000_000;

export const command: Command = {
  summary: 'Lists the state of all tokens',
  details:
    'With --attention, for cron and monitoring, every mailbox whose mail has stopped is named, and the exit code is 4 if somebody must act, or if the helpdesk does not fetch mailboxes.',
  options: {
    attention: { description: 'only tokens for which somebody must act now or soon' },
    state: { value: 'STATE', description: 'only tokens in this state', choices: STATE_KINDS },
    ...JSON_OPTION,
  },
  examples: [
    ['token list', 'state and expiry of each token'],
    ['token list --attention', 'what is wrong and what to do'],
    ['token list --state consent-needed --json', 'for a script'],
  ],
  async run({ helpdesk, flag, text, out }) {
    const adapters = helpdesk();
    const overview = await adapters.overview();
    const { rows } = await reading(adapters, () => overview.list({ page: 1, pageSize: ALL }));
    const state = text('state');
    const shown = (await judge(adapters, rows)).filter(
      (row) =>
        (!flag('attention') || needsAttention(row)) && (state === undefined || row.state.kind === state),
    );
    const broken = flag('attention') ? await brokenMailboxes(adapters, rows) : null;
    const mailboxesOf = (id: number) => broken?.logins.get(id) ?? [];
    if (flag('json'))
      out.json(
        shown.map((row) => ({
          ...tokenJson(row),
          ...(broken ? { brokenMailboxes: mailboxesOf(row.config.id) } : {}),
        })),
      );
    else
      out.table(
        ['ID', 'NAME', 'STATE', 'TOKEN EXPIRES', ...(broken ? ['BROKEN MAILBOXES'] : []), 'DETAILS'],
        shown.map(({ config, token, state: { kind, severity }, sentence }) => [
          config.id,
          config.name,
          { text: kind, tone: toneOf(severity) },
          token.accessToken ? token.accessTokenExpiresAt : null,
          ...(broken ? [mailboxesOf(config.id).join(', ')] : []),
          sentence,
        ]),
      );
    if (!broken) return EXIT.ok;
    if (broken.standstill !== '') out.warn(broken.standstill);
    return shown.length > 0 || broken.standstill !== '' ? EXIT.needsAttention : EXIT.ok;
  },
};

/**
 * The mailboxes whose mail has stopped, or probably has, of each configuration, and why nothing is fetched at all; ''
 * if it is.
 */
async function brokenMailboxes(adapters: Adapters, rows: readonly RenewalRow[]) {
  const [{ mailboxStates }, { needsAttention: isBroken, fetchingText }] = await Promise.all([
    import('../../usecases/mailbox-states.js'),
    import('../mailbox-views.js'),
  ]);
  const deps = {
    mailWatch: await adapters.mailWatch(),
    overview: await adapters.overview(),
    settings: await adapters.settings(),
    clock: adapters.clock,
  };
  const { judged, fetching } = await reading(adapters, () => mailboxStates(deps, rows));
  const now = adapters.clock();
  const logins = new Map<number, string[]>();
  for (const one of judged.filter((each) => isBroken(each, now)))
    logins.set(one.mailbox.configId, [...(logins.get(one.mailbox.configId) ?? []), nameOf(one.mailbox)]);
  return { logins, standstill: fetchingText(fetching) };
}

/** Outbound mail is told apart from a mail account with the same login. */
const nameOf = ({ accountId, login }: { accountId: number | null; login: string }): string =>
  accountId === null ? `smtp: ${login}` : login;
