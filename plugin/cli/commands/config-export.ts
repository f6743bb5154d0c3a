import { type Command, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Writes token configurations as YAML, in the form of the helpdesk',
  details:
    'The helpdesk (Admin::OAuth2TokenManagement::ImportTokenConfig) and the sidecar import it. Without secrets it may be handed on; an import then keeps the secrets that are stored. Tokens are never part of it.',
  arguments: [{ ...CONFIGURATION, optional: true }],
  options: {
    'with-secrets': { description: 'client secrets as well: a complete backup' },
    output: {
      value: 'FILE',
      description: 'a new file that only its owner may read, instead of standard output',
    },
  },
  examples: [
    ['config export > configurations.yml', 'all of them, without secrets'],
    ['config export "Support mailbox"', 'one of them'],
    ['config export --with-secrets --output backup.yml', 'a backup'],
  ],
  async run({ arguments: [word], helpdesk, text, flag, out }) {
    const adapters = helpdesk();
    const { exportTokenConfigs } = await import('../../usecases/export-token-configs.js');
    const tokenConfigs = await adapters.tokenConfigs();
    const id = word === undefined ? undefined : (await configOf(adapters, word)).id;
    const formatDate = await adapters.helpdeskTime();
    const yaml = await exportTokenConfigs(
      { tokenConfigs },
      { id, withSecrets: flag('with-secrets'), formatDate },
    );
    const file = text('output');
    if (file === undefined) out.raw(yaml);
    else {
      const { writeFile } = await import('node:fs/promises');
      try {
        await writeFile(file, yaml, { mode: 0o600, flag: 'wx' });
      } catch (error) {
        const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
        throw new UsageError(`${file} ${exists ? 'exists already.' : 'cannot be written.'}`);
      }
    }
    return EXIT.ok;
  },
};
