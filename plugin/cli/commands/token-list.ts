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
  details: 'With --attention, for cron and monitoring, the exit code is 4 if somebody must act.',
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
    if (flag('json')) out.json(shown.map(tokenJson));
    else
      out.table(
        ['ID', 'NAME', 'STATE', 'TOKEN EXPIRES', 'DETAILS'],
        shown.map(({ config, token, state: { kind, severity }, sentence }) => [
          config.id,
          config.name,
          { text: kind, tone: toneOf(severity) },
          token.accessToken ? token.accessTokenExpiresAt : null,
          sentence,
        ]),
      );
    return flag('attention') && shown.length > 0 ? EXIT.needsAttention : EXIT.ok;
  },
};
