import path from 'node:path';
import { isAnswerFile, isStoredFile, sealedAs, storedName } from '../../../plugin/journal/file-name.js';
import { createSealedFiles } from '../../../plugin/journal/sealed-files.js';
import type { ChaosDatabase } from './database.js';
import type { Sidecar } from './sidecars.js';

/** Parts of the name that a process has in its journal and in its leases (plugin/lib/process-identity.ts). */
export interface WriterName {
  /** Boot, machine and namespace. */
  place: string;
  pid: string;
  /** When it started, in clock ticks since the boot. */
  began: string;
}

const own = process.pid.toString(36);

/** The number of the ended sidecar belongs to a process that lives: this one. */
export const numberUsedAgain = (name: WriterName): WriterName => ({ ...name, pid: own });
/** The same after a reboot: nobody can tell any more whether the writer has ended. */
export const rebooted = (name: WriterName): WriterName => ({
  ...name,
  place: [...name.place].reverse().join(''),
  pid: own,
});

/**
 * Makes journal and leases of an ended sidecar look as if a process of another name had left them behind.
 * @returns the number of journal files with answers that are not in the database
 */
export async function renameWriter(
  { state }: Pick<Sidecar, 'state'>,
  { query }: Pick<ChaosDatabase, 'query'>,
  rename: (name: WriterName) => WriterName,
): Promise<number> {
  const files = createSealedFiles(path.resolve(state));
  const names = (await files.names()).filter((name) => isAnswerFile(name) || isStoredFile(name));
  const writers = new Map<string, string>();
  for (const name of names) {
    const [began, writer = '', ...rest] = sealedAs(name).split('-');
    const [place = '', pid = '', start = ''] = writer.split('.');
    const other = rename({ place, pid, began: start });
    const identity = `${other.place}.${other.pid}.${other.began}`;
    writers.set(writer, identity);
    // Each text is bound to the name of its file.
    const renamed = [began, identity, ...rest].join('-');
    const file = files.create(renamed);
    for (const text of (await files.read(name))?.texts ?? []) file.append(text);
    await file.sync();
    if (isStoredFile(name)) await files.rename(renamed, storedName(renamed));
    await files.remove(name);
  }
  for (const [writer, other] of writers)
    await query(`UPDATE oauth2_sidecar_renewal
      SET lease_holder = REPLACE(lease_holder, ':${writer}:', ':${other}:') WHERE lease_holder IS NOT NULL`);
  return names.filter(isAnswerFile).length;
}
