import { certificatesOf } from '../../domain/configuration/certificates.js';
import { certificateAsJson } from '../certificate-views.js';
import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { KEY_STATES } from '../key-states.js';
import { CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Lists the certificates of the token configurations, and whether their keys are usable here',
  arguments: [{ ...CONFIGURATION, optional: true }],
  options: { ...JSON_OPTION },
  examples: [
    ['certificate list', 'all, each with the day on which it expires'],
    ['certificate list "Support mailbox" --json', 'with the certificates themselves, to be uploaded'],
  ],
  async run({ arguments: [word], helpdesk, flag, out }) {
    const adapters = helpdesk();
    const configs =
      word === undefined ? await (await adapters.tokenConfigs()).all() : [await configOf(adapters, word)];
    const keys = await adapters.clientKeys();
    const entries = configs.flatMap(({ id, name, document }) =>
      certificatesOf(document).map((certificate) => ({ id, name, ...certificate })),
    );
    const found = await Promise.all(
      entries.map(async (entry) => ({
        ...entry,
        key: await keys.state(entry.thumbprint),
        facts: await keys.facts(entry.thumbprint),
      })),
    );
    if (flag('json'))
      out.json(
        found.map(({ facts, ...entry }) => ({ ...entry, ...(facts ? certificateAsJson(facts) : {}) })),
      );
    else
      out.table(
        ['ID', 'Name', 'Thumbprint (SHA-256)', 'Thumbprint (SHA-1)', 'Expires', 'Key'],
        found.map(({ id, name, thumbprint, expires, key, facts }) => [
          id,
          name,
          thumbprint,
          facts?.sha1,
          expires,
          KEY_STATES[key],
        ]),
      );
    return found.every(({ key }) => key === 'usable') ? EXIT.ok : EXIT.needsAttention;
  },
};
