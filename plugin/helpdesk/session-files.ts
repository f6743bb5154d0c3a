import path from 'node:path';
import type { SessionRows } from '../domain/helpdesk/session.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { SidecarError } from '../errors.js';
import { pause } from '../lib/pause.js';
import { phrase } from '../lib/phrase.js';
import { readRegularFile } from '../lib/regular-file.js';
import { readStorable } from '../lib/storable.js';

export interface SessionFilesDeps {
  settings: SettingsReader;
  /** HELPDESK_HOME. */
  home: string;
}

/** How often a file that the helpdesk is writing at this moment is read again, and after how many milliseconds. */
const TRIES = 4;
const WAIT = 15;
/** Bytes; a session has a few kilobytes. */
const MAX_BYTES = 1024 * 1024;
/** ENXIO is a socket (open(2)). */
const NO_SESSION = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENOTREG', 'ENXIO', 'EFBIG'];

async function fileContent(file: string): Promise<Buffer | null> {
  try {
    // The folder is the helpdesk's: what is no file, or leads elsewhere, is no session.
    return await readRegularFile(file, { maxBytes: MAX_BYTES, followsLinks: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && NO_SESSION.includes(code)) return null;
    throw new SidecarError('session-unreadable', {
      detail: phrase(
        'Run the sidecar as the user of the web server, or let it read the folder of SessionDir.',
      ),
      log: `sessions: ${code}`,
    });
  }
}

/**
 * Sessions of SessionModule `Kernel::System::AuthSession::FS`: a file `Data-<ID>` for each in the folder SessionDir,
 * written by Perl's Storable.
 */
export function createSessionFiles({ settings, home }: SessionFilesDeps): SessionRows {
  return {
    async read(sessionId) {
      // It comes from a cookie and becomes a file's name.
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

/** Perl structures are left out, as from the database: no rule needs them. */
function texts(session: ReturnType<typeof readStorable>): Record<string, string> | null {
  if (typeof session !== 'object' || session === null || Array.isArray(session)) return null;
  return Object.fromEntries(
    Object.entries(session).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
