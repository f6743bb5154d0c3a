import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { JournalEntry } from '../domain/token/answer-journal.js';
import { nameFor } from './file-name.js';
import type { OpenFile, SealedFiles } from './sealed-files.js';

interface WriterDeps {
  files: Pick<SealedFiles, 'create'>;
  clock: Clock;
  log: Log;
}

/** A file that still takes answers. */
interface Segment {
  name: string;
  entries: JournalEntry[];
  file: OpenFile | null;
  onDisk: Promise<void>;
}

/**
 * Writes each answer at once, so that it survives this process. Answers that arrive while the disk is busy
 * share the next file and its single wait for the disk.
 */
export function createJournalWriter({ files, clock, log }: WriterDeps) {
  /** Entries that the disk refused, by file; kept in memory instead. */
  const refused = new Map<string, JournalEntry[]>();
  let failures = 0;
  let open: Segment | undefined;
  let disk: Promise<void> = Promise.resolve();

  /**
   * A full disk must not keep the answers from the database. The file's later entries stay in memory, too.
   */
  function refuse({ name, entries }: Segment, error: unknown): void {
    if (refused.has(name)) return;
    refused.set(name, entries);
    failures++;
    const fault = (error as NodeJS.ErrnoException).code ?? 'unknown';
    log.error({ fault }, 'the journal cannot be written');
  }

  function begin(): Segment {
    const segment: Segment = { name: nameFor(clock()), entries: [], file: null, onDisk: disk };
    try {
      segment.file = files.create(segment.name);
    } catch (error) {
      refuse(segment, error);
    }
    segment.onDisk = disk.then(async () => {
      if (open === segment) open = undefined;
      await segment.file?.sync().catch((error: unknown) => refuse(segment, error));
    });
    disk = segment.onDisk;
    return segment;
  }

  return {
    refused,
    /** How many times a file could not be written. */
    failures: () => failures,
    /**
     * @returns the file, the entry's place in it, and a promise that resolves when the entry would survive a
     *   power failure; it never rejects
     */
    add(entry: JournalEntry): { name: string; at: number; onDisk: Promise<void> } {
      open ??= begin();
      const segment = open;
      const at = segment.entries.push(entry) - 1;
      try {
        if (!refused.has(segment.name)) segment.file?.append(JSON.stringify(entry));
      } catch (error) {
        refuse(segment, error);
      }
      return { name: segment.name, at, onDisk: segment.onDisk };
    },
  };
}
