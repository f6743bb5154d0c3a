import { access, constants, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { StateFolderInspector } from '../domain/doctor-ports.js';
import { countIn, isAnswerFile } from './file-name.js';

/** Looks at the folder of the journal and makes nothing. */
export function createStateFolderInspector(folder: string): StateFolderInspector {
  return {
    folder,
    async look() {
      const [own, names] = await Promise.all([
        stat(folder).catch(() => null),
        readdir(folder).catch(() => [] as string[]),
      ]);
      if (!own) return null;
      const key = await stat(path.join(folder, 'journal.key')).catch(() => null);
      const writable = await access(folder, constants.W_OK).then(
        () => true,
        () => false,
      );
      return {
        mode: own.mode & 0o777,
        keyMode: key && key.mode & 0o777,
        writable,
        waiting: names.filter(isAnswerFile).reduce((sum, name) => sum + countIn(name), 0),
        unreadable: names.filter((name) => name.endsWith('.unreadable')).length,
      };
    },
  };
}
