import type { RelayStep } from '../domain/relay/relay-client.js';
import { placeUrl } from '../domain/relay/relay-listener.js';
import type { RelayTest } from '../usecases/relay/test-relay.js';
import { type Call, UsageError } from './command.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { actorOf, configOf } from './lookup.js';

const STEPS: Record<RelayStep, string> = {
  connect: 'connection to the relay',
  greeting: 'greeting of the relay',
  tls: 'encryption',
  'sign-in': 'sign-in',
  mailbox: 'mail server behind the relay',
};

const verdict = ({ attempts }: RelayTest): string =>
  attempts.length === 0
    ? 'the relay listens for none of its protocols'
    : attempts.some(({ fault }) => fault)
      ? 'fault'
      : 'ok';

function print({ out }: Call, test: RelayTest): void {
  out.line(`${test.login} through the relay: ${verdict(test)}`);
  if (test.attempts.length === 0) return;
  out.table(
    ['RELAY', 'RESULT', 'MS', 'FAILED AT', 'MESSAGE'],
    test.attempts.map(({ place, ms, fault }) => [
      placeUrl(place),
      fault ? 'fault' : 'ok',
      ms,
      fault ? STEPS[fault.step] : '',
      fault ? fault.said || fault.code : '',
    ]),
  );
}

/** `mailbox test --relay`: the whole way of a program, from the relay to the mail server. */
export async function testThroughRelay(call: Call): Promise<ExitCode> {
  const others = ['account', 'type', 'host', 'folder'].filter((option) => call.text(option) !== undefined);
  if (others.length > 0) throw new UsageError('With --relay, only --login narrows the test.');
  const adapters = call.helpdesk();
  const { places } = adapters.config.relay;
  if (places.length === 0) throw new UsageError('The relay is switched off: SIDECAR_RELAY is not set.');
  const config = await configOf(adapters, call.arguments[0]);
  await adapters.ready();
  const { testRelay } = await import('../usecases/relay/test-relay.js');
  const deps = {
    relayPasswords: await adapters.relayPasswords(),
    relayClient: await adapters.relayClient(),
    templates: await adapters.templates(),
    clock: adapters.clock,
    log: adapters.log,
  };
  const login = call.text('login')?.trim();
  const userId = await actorOf(call, adapters);
  const tests = await testRelay(deps, { config, login, places, userId });
  if (call.flag('json'))
    call.out.json(
      tests.map(({ attempts, ...test }) => ({
        ...test,
        attempts: attempts.map(({ place, ...attempt }) => ({ relay: placeUrl(place), ...attempt })),
      })),
    );
  else if (tests.length === 0)
    call.out.line(`"${config.name}" has no relay password. Give --login to test a mailbox without one.`);
  else for (const test of tests) print(call, test);
  return tests.every((test) => verdict(test) === 'ok') ? EXIT.ok : EXIT.needsAttention;
}
