import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Adapters } from '../../adapters/adapters.js';
import { meanwhile } from '../../lib/meanwhile.js';
import { type Command, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CONFIGURATION, configOf } from '../lookup.js';

/** @throws UsageError if the file exists or cannot be created */
async function openNew(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new UsageError(`${file} ${exists ? 'exists already.' : 'cannot be written.'}`);
  }
}

export const command: Command = {
  summary: "Exports token configurations as YAML, in the helpdesk's format",
  details:
    'Both the helpdesk (Admin::OAuth2TokenManagement::ImportTokenConfig) and the sidecar can import the file. Without secrets it is safe to share; an import then keeps the stored secrets. Tokens are never exported.',
  arguments: [{ ...CONFIGURATION, optional: true }],
  options: {
    'with-secrets': { description: 'include the client secrets: a complete backup' },
    output: {
      value: 'FILE',
      description: 'write to a new file that only its owner can read',
    },
  },
  examples: [
    ['config export > configurations.yml', 'all configurations, without secrets'],
    ['config export "Support mailbox"', 'one configuration'],
    ['config export --with-secrets --output backup.yml', 'a complete backup'],
  ],
  async run({ arguments: [word], helpdesk, text, flag, out }) {
    // Open it first, with root's rights: the next step may drop them.
    const file = text('output');
    const output = file === undefined ? null : await openNew(file);
    try {
      const yaml = await exported(helpdesk(), word, flag('with-secrets'));
      if (output === null) await out.pieces(yaml);
      else for await (const piece of yaml) await output.writeFile(piece);
    } catch (error) {
      if (file !== undefined) await unlink(file).catch(() => undefined);
      throw error;
    } finally {
      await output?.close();
    }
    return EXIT.ok;
  },
};

async function exported(adapters: Adapters, word: string | undefined, withSecrets: boolean) {
  const [tokenConfigs, { exportTokenConfigs }] = await Promise.all([
    adapters.tokenConfigs(),
    meanwhile(() => import('../../usecases/export-token-configs.js')),
  ]);
  const id = word === undefined ? undefined : (await configOf(adapters, word)).id;
  const formatDate = await adapters.helpdeskTime();
  return exportTokenConfigs({ tokenConfigs }, { id, withSecrets, formatDate });
}
