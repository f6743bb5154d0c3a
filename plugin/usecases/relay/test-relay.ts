import type { TokenConfig } from '../../domain/configuration/token-config.js';
import type { RelayClient, RelayFault } from '../../domain/relay/relay-client.js';
import { protocolOfScheme, type RelayPlace } from '../../domain/relay/relay-listener.js';
import {
  isSameLogin,
  type RelayPasswordStore,
  type RelayServers,
} from '../../domain/relay/relay-password.js';
import { type AddRelayPasswordDeps, addRelayPassword } from './add-relay-password.js';

export interface TestRelayDeps extends Omit<AddRelayPasswordDeps, 'relayPasswords' | 'events'> {
  relayPasswords: Pick<RelayPasswordStore, 'add' | 'remove' | 'ofConfig'>;
  relayClient: Pick<RelayClient, 'signIn'>;
}

export interface TestRelayInput {
  config: TokenConfig;
  /** Only this mailbox, whether it has a relay password or not; undefined: all that have one. */
  login: string | undefined;
  places: readonly RelayPlace[];
  userId: number;
}

export interface RelayTest {
  login: string;
  servers: RelayServers;
  /** One attempt for each place of the relay whose protocol the mailbox can use. */
  attempts: { place: RelayPlace; ms: number; fault: RelayFault | null }[];
}

/** The client that the passwords of tests name. */
const CLIENT = 'mailbox test --relay';
/** No test takes so many milliseconds: an older password of one was left behind by a process that was killed. */
const LONGEST_TEST = 10 * 60_000;

/** Passwords that a test left behind would keep the configuration from being deleted. */
async function removeLeftBehind({ relayPasswords, clock }: TestRelayDeps, configId: number): Promise<void> {
  const since = clock().getTime() - LONGEST_TEST;
  const left = (await relayPasswords.ofConfig(configId)).filter(
    ({ client, createdAt }) => client === CLIENT && createdAt.getTime() < since,
  );
  await Promise.all(left.map(({ id }) => relayPasswords.remove(id)));
}

const written = (servers: RelayServers): string[] =>
  Object.values(servers).map(({ type, address }) => `${type} ${address}`);

/** The mailboxes to test, each with the servers of its passwords; programs that use the same share one test. */
async function targets({ relayPasswords }: TestRelayDeps, { config, login }: TestRelayInput) {
  const found = new Map<string, { login: string; servers: string[] }>();
  for (const password of await relayPasswords.ofConfig(config.id)) {
    if (login !== undefined && !isSameLogin(login, password.login)) continue;
    const servers = written(password.servers);
    found.set([password.login.toLowerCase(), ...servers].join('\n'), { login: password.login, servers });
  }
  if (found.size === 0 && login !== undefined) return [{ login, servers: [] }];
  return [...found.values()];
}

/**
 * Signs in at the relay as a program does, through to the mail server of the provider. Uses a password that exists
 * only meanwhile, because nobody knows those of the programs.
 * @throws SidecarError relay-invalid if the mail servers of the mailbox are not known
 */
export async function testRelay(deps: TestRelayDeps, input: TestRelayInput): Promise<RelayTest[]> {
  const tests: RelayTest[] = [];
  await removeLeftBehind(deps, input.config.id);
  for (const { login, servers } of await targets(deps, input)) {
    const { config, userId } = input;
    const made = await addRelayPassword(
      { ...deps, events: null },
      { config, login, client: CLIENT, servers, userId },
    );
    const attempts: RelayTest['attempts'] = [];
    try {
      for (const place of input.places) {
        if (!made.servers[protocolOfScheme(place.scheme)]) continue;
        const begun = performance.now();
        const fault = await deps.relayClient.signIn(place, { login, password: made.password });
        attempts.push({ place, ms: Math.round(performance.now() - begun), fault });
      }
    } finally {
      await deps.relayPasswords.remove(made.id);
    }
    tests.push({ login, servers: made.servers, attempts });
  }
  return tests;
}
