import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { reading } from '../lookup.js';
import { localTime } from '../output.js';

export const command: Command = {
  summary: 'Lists the relay passwords: for which mailbox, for which program, and when each was last used',
  options: JSON_OPTION,
  examples: [['relay list', 'without the passwords, which nobody can show again']],
  async run({ helpdesk, flag, out }) {
    const adapters = helpdesk();
    const store = await adapters.relayPasswords();
    const passwords = await reading(adapters, () => store.list());
    if (flag('json')) {
      out.json(passwords);
      return EXIT.ok;
    }
    out.table(
      ['ID', 'LOGIN', 'CLIENT', 'CONFIGURATION', 'SERVERS', 'MADE', 'LAST USED'],
      passwords.map(({ id, login, client, configId, isOrphan, servers, createdAt, lastUsedAt }) => [
        id,
        login,
        client,
        isOrphan ? `${configId} (deleted)` : configId,
        Object.values(servers)
          .map(({ type, address }) => `${type}:${address}`)
          .join(' '),
        localTime(createdAt),
        lastUsedAt ? localTime(lastUsedAt) : 'never',
      ]),
    );
    return EXIT.ok;
  },
};
