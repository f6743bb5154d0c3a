import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: 'Lists the mailboxes that sign in with OAuth2, and outbound mail',
  options: JSON_OPTION,
  examples: [['mailbox list', 'each with the configuration whose token it uses']],
  async run({ helpdesk, flag, out }) {
    const adapters = helpdesk();
    const { listAllMailboxes } = await import('../../usecases/list-mailboxes.js');
    const mailboxes = await listAllMailboxes({
      tokenConfigs: await adapters.tokenConfigs(),
      usages: await adapters.usages(),
      settings: await adapters.settings(),
    });
    if (flag('json'))
      out.json(
        mailboxes.map(({ config, accountId, type, address, login, folder }) => ({
          account: accountId ?? 'smtp',
          type,
          host: address,
          login,
          folder: folder || null,
          configId: config.id,
          config: config.name,
        })),
      );
    else
      out.table(
        ['ACCOUNT', 'TYPE', 'HOST', 'LOGIN', 'FOLDER', 'CONFIGURATION'],
        mailboxes.map(({ config, accountId, type, address, login, folder }) => [
          accountId ?? 'smtp',
          type,
          address,
          login,
          folder,
          `${config.name} (${config.id})`,
        ]),
      );
    return EXIT.ok;
  },
};
