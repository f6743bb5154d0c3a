import type { Clock } from '../../domain/clock.js';
import type { Log } from '../../domain/log.js';
import { type RelayPasswordStore, relayPasswordName } from '../../domain/relay/relay-password.js';
import type { EventStore } from '../../domain/token/event-store.js';
import { SidecarError } from '../../errors.js';

export interface RevokeRelayPasswordDeps {
  relayPasswords: Pick<RelayPasswordStore, 'byId' | 'remove'>;
  events: Pick<EventStore, 'add'>;
  clock: Clock;
  log: Log;
}

export interface RevokeRelayPasswordInput {
  id: number;
  /** The configuration that the password must belong to; undefined: any. */
  configId?: number;
  userId: number;
}

/**
 * Revokes a relay password: its program can no longer sign in. Connections that are signed in continue.
 * @throws SidecarError unknown-relay-password, also for the password of another configuration
 */
export async function revokeRelayPassword(
  deps: RevokeRelayPasswordDeps,
  { id, configId, userId }: RevokeRelayPasswordInput,
): Promise<void> {
  const password = await deps.relayPasswords.byId(id);
  const isMeant = password !== null && (configId === undefined || password.configId === configId);
  if (!isMeant || !(await deps.relayPasswords.remove(id))) throw new SidecarError('unknown-relay-password');
  deps.log.info({ id, configId: password.configId, userId }, 'relay password revoked');
  await deps.events.add(password.configId, {
    at: deps.clock(),
    actor: userId,
    what: 'relay-password-revoked',
    outcome: 'ok',
    code: relayPasswordName(password),
    durationMs: null,
  });
}
