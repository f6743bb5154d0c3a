import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import type { Permissions } from '../domain/helpdesk/permissions.js';
import type { Agent, SessionReader, SessionRows } from '../domain/helpdesk/session.js';
import type { Settings, SettingsReader } from '../domain/helpdesk/settings.js';
import { SidecarError } from '../errors.js';
import { isTimeZone } from '../lib/helpdesk-time.js';
import { phrase } from '../lib/phrase.js';
import { modulePermission } from './module-permission.js';

export interface SessionReaderDeps {
  settings: SettingsReader;
  /** By the last part of the setting SessionModule. */
  sessions: Record<'DB' | 'FS', SessionRows>;
  permissions: Permissions;
  clock: Clock;
}

/**
 * Applies the helpdesk's rules for a session: same address (SessionCheckRemoteIP), not idle for too long
 * (SessionMaxIdleTime), not too old (SessionMaxTime), and of an agent rather than a customer. Times are in
 * seconds.
 */
function isAlive(data: Record<string, string>, settings: Settings, address: string, now: number): boolean {
  if (data.UserType !== 'User' || !data.UserID || !data.UserLogin) return false;
  if (settings.flag('SessionCheckRemoteIP', true) && data.UserRemoteAddr !== address) return false;
  const lastRequest = Number(data.UserLastRequest ?? 0);
  const start = Number(data.UserSessionStart ?? 0);
  const idle = settings.number('SessionMaxIdleTime', 7200);
  return now - idle < lastRequest && now - settings.number('SessionMaxTime', 57_600) < start;
}

/**
 * Chooses the session store.
 * @throws SidecarError session-unreadable for the site's own session module, and without cookies: only a
 *   cookie says whose a consent is when it comes back from the provider, and session IDs in URLs end up in
 *   histories and logs
 */
function storeOf(settings: Settings, sessions: SessionReaderDeps['sessions']): SessionRows {
  if (!settings.flag('SessionUseCookie', true))
    throw new SidecarError('session-unreadable', {
      detail: phrase('The setting SessionUseCookie is off. Enable it: these screens need it.'),
    });
  const module = settings.text('SessionModule', 'Kernel::System::AuthSession::DB');
  if (module === 'Kernel::System::AuthSession::DB') return sessions.DB;
  if (module === 'Kernel::System::AuthSession::FS') return sessions.FS;
  throw new SidecarError('session-unreadable', {
    detail: phrase(
      'The setting SessionModule is "%s". Set it to Kernel::System::AuthSession::DB or Kernel::System::AuthSession::FS.',
      module,
    ),
  });
}

/**
 * Reads the helpdesk's sessions and never writes one. The helpdesk itself records the last request when it
 * renders the page around our screens, and it alone deletes sessions.
 */
export function createSessionReader({
  settings,
  sessions,
  permissions,
  clock,
}: SessionReaderDeps): SessionReader {
  return {
    async agent(sessionId, remoteAddress): Promise<Agent | null> {
      const current = await settings.current();
      const store = storeOf(current, sessions);
      if (!sessionId || sessionId.length > 250) return null;
      const data = await store.read(sessionId);
      if (!data || !isAlive(data, current, remoteAddress, Math.floor(clock().getTime() / 1000))) return null;
      const userId = Number(data.UserID);
      if (!Number.isSafeInteger(userId) || userId < 1) return null;
      const user = await permissions.user(userId);
      if (!user?.valid) return null;
      const zone = data.UserTimeZone || current.text('UserDefaultTimeZone', 'UTC');
      return {
        userId,
        login: user.login,
        sessionId,
        challengeToken: data.UserChallengeToken ?? '',
        language: data.UserLanguage || current.text('DefaultLanguage', 'en'),
        timeZone: isTimeZone(zone) ? zone : 'UTC',
        skin: data.UserSkin ?? '',
        permission: modulePermission(current, user.rights),
      };
    },
  };
}

/** Does a form contain the challenge token of its session? Always true if SessionCSRFProtection is off. */
export function challengeTokenMatches(settings: Settings, agent: Agent, given: string | undefined): boolean {
  if (!settings.flag('SessionCSRFProtection', true)) return true;
  const expected = Buffer.from(agent.challengeToken);
  const actual = Buffer.from(given ?? '');
  return expected.length > 0 && expected.length === actual.length && timingSafeEqual(expected, actual);
}

/**
 * The URL of the helpdesk's login, relative to the folder of index.pl; the login then returns to `requestedQuery`.
 * Without an Action, because `Action=Login` without a name is a failed login, and would go past single sign-on.
 */
export const loginUrl = (requestedQuery: string): string =>
  `index.pl?RequestedURL=${encodeURIComponent(requestedQuery.slice(0, 2000))}`;
