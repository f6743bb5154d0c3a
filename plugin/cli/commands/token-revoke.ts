import { type Command, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Ends a grant: revokes the token at the provider and forgets the stored tokens',
  details:
    'By RFC 7009: at Google, where the issuer of the configuration publishes an endpoint, and where the configuration names one (key Sidecar.RevocationURL). The stored tokens are forgotten only after the provider has agreed. Mailboxes that use the configuration stop until somebody consents again.',
  arguments: [CONFIGURATION],
  options: {
    yes: { description: 'really do it' },
    'stored-only': { description: 'tell the provider nothing, only forget what is stored here' },
    ...USER_OPTION,
  },
  examples: [
    ['token revoke "Old mailbox"', 'says what would be done'],
    ['token revoke "Old mailbox" --yes', 'does it'],
  ],
  async run(call) {
    const adapters = call.helpdesk();
    const config = await configOf(adapters, call.arguments[0]);
    const [{ withoutRevocation }, { findRevocationUrl, revokeToken }] = await Promise.all([
      import('../../domain/provider/revocation.js'),
      import('../../usecases/revoke-token.js'),
    ]);
    const documents = await adapters.documents();
    const storedOnly = call.flag('stored-only');
    const url = storedOnly ? null : await findRevocationUrl({ documents }, config.document);
    if (url === null && !storedOnly) {
      call.out.warn(withoutRevocation(config.document));
      call.out.warn('Nothing was changed. --stored-only --yes forgets the tokens that are stored here.');
      return EXIT.failed;
    }
    const where = storedOnly
      ? 'The stored tokens'
      : `The token would be revoked at ${url}; the stored tokens`;
    if (!call.flag('yes'))
      throw new UsageError(
        `Nothing was changed. ${where} of "${config.name}" would be forgotten. Add --yes to do it.`,
      );
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const deps = {
      renewals: await adapters.renewals(),
      tokens: await adapters.tokens(),
      journal: await adapters.journal(),
      revocation: await adapters.revocation(),
      documents,
      caches: await adapters.caches(),
      clock: adapters.clock,
      holder: adapters.holder,
    };
    const outcome = await revokeToken(deps, { configId: config.id, userId, actor: userId, storedOnly });
    const said = {
      revoked: 'The token was revoked at the provider, and the stored tokens were forgotten.',
      forgotten: 'The stored tokens were forgotten. The grant lives on at the provider.',
      'nothing-stored': 'There was no token.',
    };
    call.out.line(said[outcome]);
    return EXIT.ok;
  },
};
