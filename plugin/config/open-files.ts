import { readFileSync } from 'node:fs';
import { SidecarError } from '../errors.js';

/** With fewer files, renewals would leave none for clients. */
const LEAST_FILES = 64;
/** What to do if the limit is too low. */
export const MORE_FILES =
  'Raise the limit: LimitNOFILE=1024 in the unit of systemd, "ulimit -n 1024" in a shell.';
/**
 * The number of files that the process itself, database connections, requests to providers, the journal and
 * the helpdesk's caches have open at once; measured under load, with a reserve.
 */
const OWN = 48;
/** A client takes its own connection, and one to the helpdesk for the page frame. */
const EACH = 2;
/** More never connect at once, because the web server in front has fewer processes. */
const MOST_CLIENTS = 1000;

/** How many files this process may have open at once (getrlimit(2)); null: unknown. */
export function openFilesLimit(read: () => string = () => readFileSync('/proc/self/limits', 'utf8')) {
  try {
    const [, soft = ''] = /^Max open files\s+(\S+)/m.exec(read()) ?? [];
    return soft === 'unlimited' ? null : Number(soft) || null;
  } catch {
    return null;
  }
}

/**
 * Calculates how many clients may be connected at once, so that renewals have enough files.
 * @param limit of this process; null: unknown
 * @throws SidecarError config-invalid if the limit leaves room for none
 */
export function clientsFor(limit: number | null): number {
  if (limit === null) return MOST_CLIENTS;
  if (limit < LEAST_FILES)
    throw new SidecarError('config-invalid', {
      detail: `This process may open ${limit} files at once (RLIMIT_NOFILE) and needs at least ${LEAST_FILES}. ${MORE_FILES}`,
    });
  return Math.min(MOST_CLIENTS, Math.floor((limit - OWN) / EACH));
}

/**
 * Shares the files between clients of the screens and connections of the relay, each of which takes one to the
 * client and one to the mail server.
 * @param limit of this process; null: unknown
 * @throws SidecarError config-invalid if the limit leaves room for none
 */
export function shareFiles(limit: number | null, withRelay: boolean): { clients: number; relayed: number } {
  if (!withRelay) return { clients: clientsFor(limit), relayed: 0 };
  const relayed =
    limit === null ? MOST_CLIENTS : Math.min(MOST_CLIENTS, Math.floor((limit - OWN) / 2 / EACH));
  return { clients: clientsFor(limit === null ? null : limit - relayed * EACH), relayed };
}
