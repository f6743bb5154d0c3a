import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: "Prints the rules for the helpdesk's Apache",
  details: "They follow the helpdesk's ScriptAlias and the sidecar's port (SIDECAR_PORT).",
  examples: [
    [
      'apache-rules > /etc/apache2/conf-available/oauth2-sidecar.conf',
      'for Debian; then a2enconf oauth2-sidecar',
    ],
  ],
  async run({ helpdesk, out }) {
    const { config, settings } = helpdesk();
    const [{ scriptAlias }, { apacheRules }] = await Promise.all([
      import('../../domain/redirect-uri.js'),
      import('../../helpdesk/apache-rules.js'),
    ]);
    const current = await (await settings()).current();
    out.raw(apacheRules({ scriptAlias: scriptAlias(current), sidecarPort: config.port }));
    return EXIT.ok;
  },
};
