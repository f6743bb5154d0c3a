import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { channelOf, factsOf, SIDECAR_OPTION, sidecarOf } from './apache-rules.js';

export const command: Command = {
  summary: 'Prints the rules for nginx',
  details:
    "Include them in the helpdesk's server block. Where nginx stands in front of the helpdesk's Apache they are optional, and the rules for Apache are required in any case. Where nginx is the only web server, use install: it also sets up the internal listener, without which the screens appear without the helpdesk's header and menu.",
  options: { sidecar: SIDECAR_OPTION },
  examples: [['nginx-rules', 'install.md says where to store and include them']],
  async run({ helpdesk, out, text }) {
    const sidecar = sidecarOf(text);
    const { config, settings } = helpdesk();
    const [{ nginxRules }, facts] = await Promise.all([
      import('../../helpdesk/nginx-rules.js'),
      factsOf(config.home, await (await settings()).current()),
    ]);
    out.raw(nginxRules({ ...facts, ...channelOf(config, sidecar) }));
    return EXIT.ok;
  },
};
