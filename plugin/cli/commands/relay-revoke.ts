import { type Command, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf } from '../lookup.js';

export const command: Command = {
  summary: 'Revokes a relay password: its program can no longer sign in',
  details:
    'Connections that are already signed in continue until they end. Other passwords of the mailbox keep working.',
  arguments: [{ name: 'password', description: 'its ID, as "relay list" shows it' }],
  options: USER_OPTION,
  examples: [['relay revoke 3', 'the program that uses it is refused from now on']],
  async run(call) {
    const word = call.arguments[0] ?? '';
    if (!/^[1-9]\d{0,8}$/.test(word))
      throw new UsageError('Give the ID of a relay password; see "relay list".');
    const adapters = call.helpdesk();
    await adapters.ready();
    const { revokeRelayPassword } = await import('../../usecases/relay/revoke-relay-password.js');
    const deps = {
      relayPasswords: await adapters.relayPasswords(),
      events: await adapters.events(),
      clock: adapters.clock,
      log: adapters.log,
    };
    await revokeRelayPassword(deps, { id: Number(word), userId: await actorOf(call, adapters) });
    call.out.line(`Revoked: relay password ${word}.`);
    return EXIT.ok;
  },
};
