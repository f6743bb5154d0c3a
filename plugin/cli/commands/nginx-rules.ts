import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { channelOf, factsOf } from './apache-rules.js';

export const command: Command = {
  summary: "Prints rules for an nginx in front of the helpdesk's Apache",
  details:
    "Include them in the helpdesk's server block. They are optional: nginx then passes the screens to the sidecar directly. The rules for Apache are required in any case.",
  examples: [
    [
      'nginx-rules | install -m 0600 /dev/stdin /etc/nginx/snippets/oauth2-sidecar.conf',
      'then: include snippets/oauth2-sidecar.conf;',
    ],
  ],
  async run({ helpdesk, out }) {
    const { config, settings } = helpdesk();
    const [{ nginxRules }, facts] = await Promise.all([
      import('../../helpdesk/nginx-rules.js'),
      factsOf(config.home, await (await settings()).current()),
    ]);
    out.raw(nginxRules({ ...facts, ...channelOf(config) }));
    return EXIT.ok;
  },
};
