import { relayPasswordName } from '../../domain/relay/relay-password.js';
import { type Command, JSON_OPTION } from '../command.js';
import { asJson, documentPairs, validityOf } from '../config-views.js';
import { EXIT } from '../exit-codes.js';
import { CONFIGURATION, configOf } from '../lookup.js';

export const command: Command = {
  summary: 'Shows one token configuration',
  arguments: [CONFIGURATION],
  options: { 'with-secrets': { description: 'include the client secret' }, ...JSON_OPTION },
  examples: [
    ['config show "Support mailbox"', 'settings, redirect URI, and what uses it'],
    ['config show 7 --json', 'the complete document without secrets'],
  ],
  async run({ arguments: [word], helpdesk, flag, out }) {
    const adapters = helpdesk();
    const config = await configOf(adapters, word);
    const usage = (await (await adapters.usages()).of([config])).get(config.id);
    const settings = await (await adapters.settings()).current();
    const { redirectUri } = await import('../../domain/consent/redirect-uri.js');
    const withSecrets = flag('with-secrets');
    if (flag('json')) {
      out.json({ ...asJson(config, withSecrets), redirectUri: redirectUri(settings), usedBy: usage });
      return EXIT.ok;
    }
    out.pairs([
      ['ID', config.id],
      ['Name', config.name],
      ['Validity', validityOf(config)],
      ...documentPairs(config, withSecrets),
      ['Redirect URI', redirectUri(settings)],
      ['Created', config.createTime],
      ['Changed', config.changeTime],
      ...(usage?.mailAccounts ?? []).map(
        ({ login, host, type, relayed }) =>
          [
            'Used by',
            `mail account ${login} at ${host} (${type}${relayed ? ', through the relay' : ''})`,
          ] as const,
      ),
      ...(usage?.smtp ? [['Used by', 'outbound e-mail'] as const] : []),
      ...(usage?.profiles ?? []).map(
        ({ module, host }) => ['Used by', `outbound email profile ${module} ${host}`.trim()] as const,
      ),
      ...(usage?.webServices ?? []).map(({ name }) => ['Used by', `web service ${name}`] as const),
      ...(usage?.relayPasswords ?? []).map(
        (password) => ['Used by', `relay password of ${relayPasswordName(password)}`] as const,
      ),
    ]);
    return EXIT.ok;
  },
};
