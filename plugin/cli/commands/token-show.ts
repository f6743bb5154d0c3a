import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CONFIGURATION, configOf, reading } from '../lookup.js';
import { judge, needsAttention, tokenJson } from '../token-views.js';
import { toneOf } from '../tone.js';

export const command: Command = {
  summary: 'Shows the token of a configuration, its state, and what to do',
  details: 'The exit code is 4 if somebody must act.',
  arguments: [CONFIGURATION],
  options: {
    'show-token': {
      description: 'include the access token, for a manual test; it gives access to the mailbox',
    },
    ...JSON_OPTION,
  },
  examples: [
    ['token show "Support mailbox"', 'state, dates, and last failure'],
    ['token show 7 --json', 'for monitoring'],
  ],
  async run({ arguments: [word], helpdesk, flag, out }) {
    const adapters = helpdesk();
    const { id } = await configOf(adapters, word);
    const renewals = await adapters.renewals();
    const row = await reading(adapters, () => renewals.one(id));
    const [judged] = await judge(adapters, row ? [row] : []);
    if (!judged) return EXIT.notFound;
    const { token, state, renewal } = judged;
    const open = flag('show-token') ? { accessToken: token.accessToken } : {};
    if (flag('json')) out.json({ ...tokenJson(judged), ...open });
    else
      out.pairs([
        ['ID', id],
        ['Name', judged.config.name],
        ['State', { text: judged.sentence, tone: toneOf(state.severity) }],
        ['Where', judged.where && `${judged.where.name}, ${judged.where.url}`],
        ['Access token', token.accessToken ? (state.works ? 'valid' : 'expired') : 'none'],
        ['Access token expires', token.accessToken ? token.accessTokenExpiresAt : null],
        ['Refresh token', token.refreshToken ? 'stored' : 'none'],
        ['Refresh token expires', token.refreshToken ? token.refreshTokenExpiresAt : null],
        ['Last renewal', renewal.lastSuccessAt],
        ['Next renewal', state.nextAt],
        ['Failures', renewal.failures || null],
        ['Provider response', [state.failure?.error, state.failure?.description].filter(Boolean).join(': ')],
        ['Token', open.accessToken],
      ]);
    return needsAttention(judged) ? EXIT.needsAttention : EXIT.ok;
  },
};
