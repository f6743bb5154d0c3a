import { readFileSync } from 'node:fs';
import { SidecarError } from '../errors.js';

/** Fewer leave no room for anybody beside the renewals. */
const LEAST_FILES = 64;
/** What to do where the limit is too low. */
export const MORE_FILES =
  'Raise the limit: LimitNOFILE=1024 in the unit of systemd, "ulimit -n 1024" in a shell.';
/**
 * What the process itself, the database's connections, requests to providers, the journal and the helpdesk's caches have
 * open at once; measured under load, with room to spare.
 */
const OWN = 48;
/** A client takes its connection, and another to the helpdesk for the page around its screen. */
const EACH = 2;
/** More never come at once: the web server in front has fewer processes. */
const MOST_CLIENTS = 1000;

/** How many files this process may have open at once (getrlimit(2)); null: nobody says. */
export function openFilesLimit(read: () => string = () => readFileSync('/proc/self/limits', 'utf8')) {
  try {
    const [, soft = ''] = /^Max open files\s+(\S+)/m.exec(read()) ?? [];
    return soft === 'unlimited' ? null : Number(soft) || null;
  } catch {
    return null;
  }
}

/**
 * How many clients may be connected at once, so that renewals have what they need.
 * @param limit of this process; null: none is known
 * @throws SidecarError config-invalid where there is no room for any
 */
export function clientsFor(limit: number | null): number {
  if (limit === null) return MOST_CLIENTS;
  if (limit < LEAST_FILES)
    throw new SidecarError('config-invalid', {
      detail: `This process may open ${limit} files at once (RLIMIT_NOFILE) and needs at least ${LEAST_FILES}. ${MORE_FILES}`,
    });
  return Math.min(MOST_CLIENTS, Math.floor((limit - OWN) / EACH));
}
