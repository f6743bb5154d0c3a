import { type Command, JSON_OPTION, USER_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';
import { localTime } from '../output.js';

const WORDS = {
  renewed: 'The token was renewed',
  'renewed-elsewhere': 'Another program renewed the token in the meantime',
  busy: 'The token is being renewed by another process',
  'not-due': 'Not due yet',
} as const;

export const command: Command = {
  summary: 'Renews a token with its refresh token, as the sidecar itself does',
  details:
    "You can run it at any time: it takes the same lease as the sidecar, so it never conflicts with it. The provider's response passes through the journal, so run the command as root, or as the user of the sidecar with its SIDECAR_STATE.",
  arguments: [CONFIGURATION],
  options: {
    'if-due': { description: 'only if the sidecar would renew it now' },
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  examples: [['token renew "Support mailbox"', 'at once, whether or not it expires soon']],
  async run(call) {
    const adapters = call.helpdesk();
    const { id } = await configOf(adapters, call.arguments[0]);
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const [{ refreshToken }, { replayAnswers }, { renewalDeps }] = await Promise.all([
      import('../../usecases/refresh-token.js'),
      import('../../usecases/replay-answers.js'),
      import('../renewal-deps.js'),
    ]);
    const deps = await renewalDeps(adapters);
    // First store what an earlier call had to leave in the journal.
    await replayAnswers(deps);
    const force = !call.flag('if-due');
    const result = await refreshToken(deps, { configId: id, userId, actor: userId, force });
    const end = (await deps.tokens.get(id)).accessTokenExpiresAt;
    if (call.flag('json')) call.out.json({ id, ...result, accessTokenExpires: end });
    else call.out.line(`${WORDS[result.outcome]}${end ? `; it is valid until ${localTime(end)}.` : '.'}`);
    return EXIT.ok;
  },
};
