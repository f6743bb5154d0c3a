import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SessionRows } from '../domain/helpdesk/session.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { SidecarError } from '../errors.js';
import { phrase } from '../lib/phrase.js';
import { readRegularFile } from '../lib/regular-file.js';
import { readStorable } from '../lib/storable.js';

export interface SessionFilesDeps {
  settings: SettingsReader;
  /** HELPDESK_HOME. */
  home: string;
}

/** How often a file is read again while the helpdesk writes it, and the pause in milliseconds. */
const TRIES = 4;
const WAIT = 15;
/** In bytes; a session has a few kilobytes. */
const MAX_BYTES = 1024 * 1024;
/** ENXIO: it is a socket (open(2)). */
const NO_SESSION = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENOTREG', 'ENXIO', 'EFBIG'];

async function fileContent(file: string): Promise<Buffer | null> {
  try {
    // The helpdesk owns the folder: what is not a file, or is a link, is not a session.
    return await readRegularFile(file, { maxBytes: MAX_BYTES, followsLinks: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && NO_SESSION.includes(code)) return null;
    throw new SidecarError('session-unreadable', {
      detail: phrase(
        'Run the sidecar as the user of the web server, or allow it to read the folder that SessionDir names.',
      ),
      log: `sessions: ${code}`,
    });
  }
}

/**
 * Reads the sessions of SessionModule `Kernel::System::AuthSession::FS`: one file `Data-<ID>` per session in
 * the folder SessionDir, written by Perl's Storable.
 */
export function createSessionFiles({ settings, home }: SessionFilesDeps): SessionRows {
  return {
    async read(sessionId) {
      // The ID comes from a cookie and becomes a file name.
      if (!/^[0-9A-Za-z]{1,100}$/.test(sessionId)) return null;
      const folder = (await settings.current()).text('SessionDir') || path.join(home, 'var/sessions');
      const file = path.join(folder, `Data-${sessionId}`);
      for (let tried = 1; ; tried++) {
        const content = await fileContent(file);
        if (content === null) return null;
        try {
          return texts(readStorable(content));
        } catch (error) {
          if (tried === TRIES) throw new SidecarError('session-unreadable', { cause: error });
        }
        await pause(WAIT);
      }
    },
  };
}

/** Drops Perl structures, as when reading from the database, because no rule needs them. */
function texts(session: ReturnType<typeof readStorable>): Record<string, string> | null {
  if (typeof session !== 'object' || session === null || Array.isArray(session)) return null;
  return Object.fromEntries(
    Object.entries(session).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
