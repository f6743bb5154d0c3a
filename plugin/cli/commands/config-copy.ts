import { type Command, JSON_OPTION, USER_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Copies a token configuration, without its tokens',
  details:
    'The client secret is copied; the tokens are not. The copy needs its own consent: see token authorize-url.',
  arguments: [
    CONFIGURATION,
    { name: 'name', description: 'name of the copy; default: "… (copy)"', optional: true },
  ],
  options: { ...USER_OPTION, ...JSON_OPTION },
  examples: [['config copy "Support mailbox" "Sales mailbox"', 'for a second mailbox of the same app']],
  async run(call) {
    const adapters = call.helpdesk();
    await adapters.ready();
    const { copyTokenConfig } = await import('../../usecases/copy-token-config.js');
    const { id } = await configOf(adapters, call.arguments[0]);
    const deps = {
      tokenConfigs: await adapters.tokenConfigs(),
      overview: await adapters.overview(),
      caches: await adapters.caches(),
    };
    const userId = await actorOf(call, adapters);
    const copy = await copyTokenConfig(deps, { id, name: call.arguments[1], userId });
    if (call.flag('json')) call.out.json(copy);
    else call.out.line(`Copied: "${copy.name}" has ID ${copy.id}.`);
    return EXIT.ok;
  },
};
