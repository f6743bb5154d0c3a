import { type Command, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Deletes a token configuration with its tokens, unless something uses it',
  details:
    'The grant at the provider lives on; "token revoke" ends it. An export keeps the configuration, not the tokens.',
  arguments: [CONFIGURATION],
  options: { yes: { description: 'really delete it' }, ...USER_OPTION },
  examples: [['config delete 7 --yes', 'with its tokens']],
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
    };
    await deleteTokenConfig(deps, { id, userId: await actorOf(call, adapters) });
    call.out.line(`Deleted: "${name}" (ID ${id}).`);
    return EXIT.ok;
  },
};
