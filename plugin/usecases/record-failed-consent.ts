import type { Clock } from '../domain/clock.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import type { Callback } from '../domain/consent/authorization-store.js';
import { markedError } from '../domain/provider/explain-provider-error.js';
import { ProviderError } from '../domain/provider/provider-error.js';
import type { EventStore, TokenEvent } from '../domain/token/event-store.js';
import { type ErrorCode, SidecarError } from '../errors.js';
import { eventCode } from './attempts.js';

/** Makes a text from a URL safe: one line, without control characters and direction marks. */
export const oneLine = (text: string, limit: number) =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, limit);

const OUTCOMES: Partial<Record<ErrorCode, TokenEvent['outcome']>> = {
  'provider-unreachable': 'transient',
  'address-refused': 'transient',
  'provider-timeout': 'transient',
  'provider-overloaded': 'transient',
  'provider-answer-invalid': 'invalid-answer',
  'client-rejected': 'client-rejected',
};

/** Faults of this machine and its database: neither the provider nor the owner has refused anything. */
const OWN_FAULTS: ReadonlySet<string> = new Set<ErrorCode>([
  'internal',
  'database-unavailable',
  'database-busy',
  'database-right-missing',
  'schema-unknown',
  'config-unreadable',
  'config-invalid',
]);

interface FailedConsent {
  callback: Callback;
  config: Pick<TokenConfig, 'id'>;
  startedAt: Date;
  /** Default: consent. */
  what?: TokenEvent['what'];
}

/**
 * Records in the history who tried to consent and why it failed. Our own faults are logged instead. If the
 * event cannot be written, the original failure is still reported.
 */
export async function recordFailedConsent(
  deps: { events: Pick<EventStore, 'add'>; clock: Clock },
  { callback: { parameters, agent }, config, startedAt, what = 'consent' }: FailedConsent,
  error: unknown,
): Promise<void> {
  if (!(error instanceof SidecarError) || OWN_FAULTS.has(error.code)) return;
  // A forged issuer makes the rest of the answer untrustworthy, too.
  const given = error.code === 'issuer-mismatch' ? '' : parameters.one('error');
  const description = parameters.one('error_description') ?? '';
  const said =
    error.cause instanceof ProviderError
      ? eventCode(error.cause.failure)
      : given && markedError({ error: given, description, codes: parameters.one('error_subtype') ?? '' });
  const at = deps.clock();
  const event: TokenEvent = {
    at,
    actor: agent.userId,
    what,
    outcome: OUTCOMES[error.code] ?? 'refused',
    code: oneLine(said ?? '', 100) || error.code,
    durationMs: at.getTime() - startedAt.getTime(),
  };
  await deps.events.add(config.id, event).catch(() => undefined);
}
