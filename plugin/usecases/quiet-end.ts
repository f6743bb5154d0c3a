import { setTimeout as pause } from 'node:timers/promises';

/** What a use case that sends a stored refresh token knows about the database. */
export interface QuietDeps {
  /**
   * Was the database lost a moment ago? Then the stored refresh token may be older than one that waits in the
   * journal of another sidecar.
   */
  isQuiet?: () => boolean;
  /**
   * Asks which server answers now, for `isQuiet`. Call it after reading the refresh token: a pooler or proxy may lead to
   * another server without breaking any connection.
   * @throws SidecarError database-unavailable
   */
  lookAtServer?: () => Promise<void>;
  /** Waits; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
}

/** How often, and at what interval in milliseconds, a person's request checks whether it may begin. */
const TRIES = 74;
const BETWEEN_TRIES = 500;

/** A person waits for some seconds rather than having to try again. */
export async function quietEnds({ isQuiet, pause: wait = pause }: QuietDeps): Promise<void> {
  for (let tries = 0; tries < TRIES && isQuiet?.(); tries++) await wait(BETWEEN_TRIES);
}

/** May the refresh token that was just read be an older one? @throws SidecarError database-unavailable */
export async function mayBeOlder({ isQuiet, lookAtServer }: QuietDeps): Promise<boolean> {
  await lookAtServer?.();
  return isQuiet?.() ?? false;
}
