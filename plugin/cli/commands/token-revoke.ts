import { type Command, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Ends a grant: revokes the token at the provider and deletes the stored tokens',
  details:
    'Works at Google, and wherever the issuer publishes a revocation endpoint (RFC 7009) or the configuration names one (key Sidecar.RevocationURL). The stored tokens are deleted only after the provider has confirmed. Mail of this configuration then stops until somebody consents again.',
  arguments: [CONFIGURATION],
  options: {
    yes: { description: 'confirm the revocation' },
    'stored-only': { description: 'only delete the stored tokens, without contacting the provider' },
    ...USER_OPTION,
  },
  examples: [
    ['token revoke "Old mailbox"', 'shows what would be done'],
    ['token revoke "Old mailbox" --yes', 'revokes it'],
  ],
  async run(call) {
    const adapters = call.helpdesk();
    const config = await configOf(adapters, call.arguments[0]);
    const [{ withoutRevocation }, { findRevocationUrl, revokeToken }, { replayAnswers }] = await Promise.all([
      import('../../domain/provider/revocation.js'),
      import('../../usecases/revoke-token.js'),
      import('../../usecases/replay-answers.js'),
    ]);
    const documents = await adapters.documents();
    const storedOnly = call.flag('stored-only');
    const url = storedOnly ? null : await findRevocationUrl({ documents }, config.document);
    if (url === null && !storedOnly) {
      call.out.warn(withoutRevocation(config.document));
      call.out.warn('Nothing was changed. --stored-only --yes deletes the stored tokens.');
      return EXIT.failed;
    }
    const where = storedOnly
      ? 'The stored tokens'
      : `The token would be revoked at ${url}; the stored tokens`;
    if (!call.flag('yes'))
      throw new UsageError(
        `Nothing was changed. ${where} of "${config.name}" would be deleted. Add --yes to do it.`,
      );
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const { renewalDeps } = await import('../renewal-deps.js');
    const deps = { ...(await renewalDeps(adapters)), revocation: await adapters.revocation() };
    // The service may have left a newer token in the journal.
    await replayAnswers(deps);
    const outcome = await revokeToken(deps, { configId: config.id, userId, actor: userId, storedOnly });
    const said = {
      revoked: 'The token was revoked at the provider, and the stored tokens were deleted.',
      forgotten: 'The stored tokens were deleted. The grant at the provider remains.',
      'nothing-stored': 'No token was stored.',
    };
    call.out.line(said[outcome]);
    return EXIT.ok;
  },
};
