import { type Command, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Deletes a token configuration with its tokens, unless something uses it',
  details:
    'The grant at the provider remains; "token revoke" ends it. An export keeps a copy of the configuration, but not of the tokens or the private keys, which are deleted from this machine unless another configuration uses them.',
  arguments: [CONFIGURATION],
  options: { yes: { description: 'confirm the deletion' }, ...USER_OPTION },
  examples: [['config delete 7 --yes', 'deletes it with its tokens']],
  async run(call) {
    const adapters = call.helpdesk();
    const { id, name } = await configOf(adapters, call.arguments[0]);
    if (!call.flag('yes'))
      throw new UsageError(`Nothing was deleted. Add --yes to delete "${name}" (ID ${id}) with its tokens.`);
    await adapters.ready();
    const { deleteTokenConfig } = await import('../../usecases/delete-token-config.js');
    const deps = {
      tokenConfigs: await adapters.tokenConfigs(),
      usages: await adapters.usages(),
      caches: await adapters.caches(),
      clientKeys: await adapters.clientKeys(),
      serviceAccountKeys: await adapters.serviceAccountKeys(),
    };
    await deleteTokenConfig(deps, { id, userId: await actorOf(call, adapters) });
    call.out.line(`Deleted: "${name}" (ID ${id}).`);
    return EXIT.ok;
  },
};
