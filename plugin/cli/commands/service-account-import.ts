import { type Command, JSON_OPTION, USER_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';
import { readKeyMaterial } from '../read-key-material.js';

export const command: Command = {
  summary: 'Imports the key of a Google service account for a token configuration',
  details:
    'The file is the JSON file that the Google Cloud console offers when a key is created. Its key is stored in the state folder (mode 0600) and nowhere else; delete the original. The command prints the client ID and the scope to enter under domain-wide delegation. Each mailbox has its own token configuration; repeat the command for each of them with the same file, which is stored once. A new key replaces the earlier one of this configuration.',
  arguments: [CONFIGURATION, { name: 'file', description: 'key file (JSON); "-" for standard input' }],
  options: { ...USER_OPTION, ...JSON_OPTION },
  examples: [
    [
      'service-account import "Support mailbox" key.json',
      'after the configuration was added from its template',
    ],
    ['service-account import 7 - < key.json', 'from standard input, for a file that only root may read'],
  ],
  async run(call) {
    const { out } = call;
    const [word, file = ''] = call.arguments;
    // Read it first, with root's rights: the next step may drop them.
    const { keyUnusable } = await import('../../oauth/service-account-key.js');
    const content = await readKeyMaterial(file, keyUnusable);
    const adapters = call.helpdesk();
    const { id, name, document } = await configOf(adapters, word);
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const [{ importServiceAccount }, { delegationOf, serviceAccountOf }] = await Promise.all([
      import('../../usecases/import-service-account.js'),
      import('../../domain/configuration/service-account.js'),
    ]);
    const deps = {
      tokenConfigs: await adapters.tokenConfigs(),
      clientKeys: await adapters.clientKeys(),
      serviceAccountKeys: await adapters.serviceAccountKeys(),
      caches: await adapters.caches(),
    };
    const { account, keyId } = await importServiceAccount(deps, { configId: id, content, userId });
    const { clientId, scopes } = delegationOf(document);
    const mailbox = serviceAccountOf(document)?.mailbox ?? '';
    if (call.flag('json')) {
      out.json({ id, name, mailbox, clientId, account, keyId, scopes });
      return EXIT.ok;
    }
    out.pairs([
      ['Service account', account],
      ['Key ID', keyId],
      ['Mailbox', mailbox],
      ['Client ID', clientId],
      ['OAuth scopes', scopes],
    ]);
    out.line(
      'Enter client ID and OAuth scopes in the Google Admin console: Security → Access and data control → API controls → Domain-wide delegation.',
    );
    out.line('The sidecar requests the first token within a minute; nobody has to consent.');
    return EXIT.ok;
  },
};
