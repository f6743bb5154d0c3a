import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { StateFolderInspector } from '../domain/doctor/doctor-ports.js';
import { isAnswerFile, isOldFile } from './file-name.js';
import { LARGEST_FILE, splitFrames } from './frames.js';
import { KEY_FILE, KEY_SIZE } from './journal-key.js';
import { probeFolder } from './probe.js';

/** The number of answers in a file; 1 if we lack the key or the permission to read it. */
async function countIn(file: string): Promise<number> {
  const own = await stat(file).catch(() => null);
  if (!own || own.size > LARGEST_FILE || isOldFile(file)) return 1;
  const content = await readFile(file).catch(() => null);
  return content ? splitFrames(content).frames.length : 1;
}

/** Inspects the journal's folder. Only the probe writes, and it removes what it has written. */
export function createStateFolderInspector(folder: string): StateFolderInspector {
  return {
    folder,
    async probe() {
      const key = await readFile(path.join(folder, KEY_FILE)).catch(() => null);
      return probeFolder(folder, key?.length === KEY_SIZE ? key : null);
    },
    async look() {
      const [own, names] = await Promise.all([
        stat(folder).catch(() => null),
        readdir(folder).catch(() => [] as string[]),
      ]);
      if (!own) return null;
      const key = await stat(path.join(folder, KEY_FILE)).catch(() => null);
      const writable = await access(folder, constants.W_OK).then(
        () => true,
        () => false,
      );
      const waiting = names.filter(isAnswerFile).map((name) => countIn(path.join(folder, name)));
      // The service runs as the folder's owner and cannot read files that a command of root has left to root.
      const foreign = names.filter(isAnswerFile).map((name) =>
        stat(path.join(folder, name)).then(
          ({ uid }) => uid !== own.uid,
          () => false,
        ),
      );
      return {
        mode: own.mode & 0o777,
        keyMode: key && key.mode & 0o777,
        keySize: key?.size ?? null,
        writable,
        waiting: (await Promise.all(waiting)).reduce((sum, count) => sum + count, 0),
        unreadable:
          (await Promise.all(foreign)).filter(Boolean).length +
          names.filter((name) => name.endsWith('.unreadable')).length,
      };
    },
  };
}
