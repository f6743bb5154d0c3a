import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { StateFolderInspector } from '../domain/doctor-ports.js';
import { countIn, isAnswerFile } from './file-name.js';
import { KEY_FILE, KEY_SIZE } from './journal-key.js';
import { probeFolder } from './probe.js';

/** Looks at the folder of the journal; only the probe writes, and takes away again what it has written. */
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
      return {
        mode: own.mode & 0o777,
        keyMode: key && key.mode & 0o777,
        keySize: key?.size ?? null,
        writable,
        waiting: names.filter(isAnswerFile).reduce((sum, name) => sum + countIn(name), 0),
        unreadable: names.filter((name) => name.endsWith('.unreadable')).length,
      };
    },
  };
}
