import { certificateDeps } from '../certificate-views.js';
import { type Command, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary:
    'Removes a certificate with its key, or the client secret, once a renewal without it has succeeded',
  details:
    'First the token is renewed with what remains. If the provider refuses that, nothing is removed. Where there is no token to renew yet, nothing can be tested, and the command says so.',
  arguments: [
    CONFIGURATION,
    {
      name: 'thumbprint',
      description: 'SHA-256, as certificate list shows it; else the oldest certificate',
      optional: true,
    },
  ],
  options: {
    'client-secret': { description: 'the stored client secret, in place of a certificate' },
    ...USER_OPTION,
  },
  examples: [
    ['certificate remove "Support mailbox"', 'the oldest, once the provider accepts the new one'],
    ['certificate remove "Support mailbox" --client-secret', 'takes the client secret out of the database'],
  ],
  async run(call) {
    const [word, given] = call.arguments;
    const isSecret = call.flag('client-secret');
    if (isSecret && given !== undefined) throw new UsageError('Give either a thumbprint or --client-secret.');
    const adapters = call.helpdesk();
    const config = await configOf(adapters, word);
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const [{ certificatesOf }, { removeCredential }, { renewalDeps }] = await Promise.all([
      import('../../domain/configuration/certificates.js'),
      import('../../usecases/manage-certificates.js'),
      import('../renewal-deps.js'),
    ]);
    const deps = { ...(await certificateDeps(adapters)), ...(await renewalDeps(adapters)) };
    const thumbprint = given ?? certificatesOf(config.document).at(-1)?.thumbprint ?? '';
    const removed = isSecret ? 'client-secret' : { thumbprint };
    const outcome = await removeCredential(deps, { configId: config.id, removed, userId });
    call.out.line(isSecret ? 'The client secret was removed.' : `The certificate ${thumbprint} was removed.`);
    call.out.line(
      outcome === 'tried'
        ? 'The token was renewed with what remains.'
        : 'There was no token to renew, so what remains was not tested.',
    );
    return EXIT.ok;
  },
};
