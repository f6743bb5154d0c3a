import { MAIL_TYPES, type MailProtocol } from '../../domain/mailbox/mailbox.js';
import { placeUrl, protocolOfScheme } from '../../domain/relay/relay-listener.js';
import { type Command, JSON_OPTION, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';

const NAMES: Record<MailProtocol, string> = { imap: 'IMAP', pop3: 'POP3', smtp: 'SMTP' };

export const command: Command = {
  summary: 'Creates a relay password, with which one program uses a mailbox that needs OAuth2',
  details:
    'The program signs in at the relay (SIDECAR_RELAY) with the address of the mailbox and this password. The password is shown once: only its hash is stored. Create one for each program, so that you can revoke them individually.',
  arguments: [CONFIGURATION],
  options: {
    login: { value: 'ADDRESS', description: 'the mailbox, as its owner signs in at the provider' },
    client: { value: 'NAME', description: 'the program that will use it, such as "Helpdesk"' },
    imap: {
      value: 'TYPE:HOST',
      description:
        'IMAPS or IMAPTLS and a host, such as IMAPS:imap.example.com; default: as the template says',
    },
    pop3: { value: 'TYPE:HOST', description: 'the same with POP3S or POP3TLS' },
    smtp: { value: 'TYPE:HOST', description: 'the same with SMTPS or SMTPTLS' },
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    ['relay add 7 --login support@example.com --client Helpdesk', 'at the servers of the provider'],
    [
      'relay add 7 --login scan@example.com --client Scanner --smtp SMTPTLS:smtp.example.com:587',
      'sends through another server',
    ],
  ],
  async run(call) {
    const { helpdesk, out, text } = call;
    const [login, client] = [text('login'), text('client')];
    if (login === undefined || client === undefined)
      throw new UsageError('Give --login with the mailbox and --client with the name of the program.');
    const given = (['imap', 'pop3', 'smtp'] as const).flatMap((protocol) => {
      const value = text(protocol);
      if (value === undefined) return [];
      const [type = '', ...host] = value.split(':');
      const known = MAIL_TYPES[type.toUpperCase() as keyof typeof MAIL_TYPES] as
        | { protocol: string }
        | undefined;
      if (known?.protocol !== protocol)
        throw new UsageError(`--${protocol} begins with ${NAMES[protocol]}S: or ${NAMES[protocol]}TLS:.`);
      return [`${type} ${host.join(':')}`];
    });
    const adapters = helpdesk();
    const config = await configOf(adapters, call.arguments[0]);
    await adapters.ready();
    const { addRelayPassword } = await import('../../usecases/relay/add-relay-password.js');
    const deps = {
      relayPasswords: await adapters.relayPasswords(),
      events: await adapters.events(),
      templates: await adapters.templates(),
      clock: adapters.clock,
      log: adapters.log,
    };
    const userId = await actorOf(call, adapters);
    const made = await addRelayPassword(deps, { config, login, client, servers: given, userId });
    const listeners = adapters.config.relay.places.map((place) => ({
      protocol: protocolOfScheme(place.scheme),
      url: placeUrl(place),
    }));
    if (call.flag('json')) {
      out.json({
        id: made.id,
        login: login.trim(),
        client: client.trim(),
        password: made.password,
        servers: made.servers,
        relay: listeners,
      });
      return EXIT.ok;
    }
    out.pairs([
      ['ID', made.id],
      ['User name', login.trim()],
      ['Password', made.password],
      ...(['imap', 'pop3', 'smtp'] as const).flatMap((protocol): [string, string][] => {
        const server = made.servers[protocol];
        if (!server) return [];
        const own = listeners.filter((listener) => listener.protocol === protocol).map(({ url }) => url);
        return [
          [
            NAMES[protocol],
            `${own.join(', ') || 'not switched on (SIDECAR_RELAY)'}, leads to ${server.address} (${server.type})`,
          ],
        ];
      }),
    ]);
    out.line('The password is shown only now.');
    return EXIT.ok;
  },
};
