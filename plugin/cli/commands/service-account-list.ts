import { serviceAccountOf } from '../../domain/configuration/service-account.js';
import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { KEY_STATES } from '../key-states.js';
import { CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary:
    'Lists the token configurations of Google service accounts, and whether their keys are usable here',
  arguments: [{ ...CONFIGURATION, optional: true }],
  options: { ...JSON_OPTION },
  examples: [
    ['service-account list', 'all, each with its mailbox and service account'],
    ['service-account list "Support mailbox" --json', 'one, for a script'],
  ],
  async run({ arguments: [word], helpdesk, flag, out }) {
    const adapters = helpdesk();
    const configs =
      word === undefined ? await (await adapters.tokenConfigs()).all() : [await configOf(adapters, word)];
    const entries = configs.flatMap(({ id, name, document }) => {
      const found = serviceAccountOf(document);
      return found ? [{ id, name, clientId: String(document.ClientID ?? ''), ...found }] : [];
    });
    const keys = await adapters.serviceAccountKeys();
    // Configurations share keys.
    const unique = [...new Set(entries.map(({ key }) => key))];
    const states = new Map(
      await Promise.all(unique.map(async (key) => [key, await keys.state(key)] as const)),
    );
    const found = entries.map(({ key, ...entry }) => ({ ...entry, key: states.get(key) ?? 'missing' }));
    if (flag('json')) out.json(found);
    else
      out.table(
        ['ID', 'Name', 'Mailbox', 'Service account', 'Key ID', 'Key'],
        found.map(({ id, name, mailbox, account, keyId, key }) => [
          id,
          name,
          mailbox,
          account,
          keyId,
          KEY_STATES[key],
        ]),
      );
    return found.every(({ key }) => key === 'usable') ? EXIT.ok : EXIT.needsAttention;
  },
};
