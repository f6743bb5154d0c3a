import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The package's folder, whether the code runs from the sources or from dist/. */
export function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}

/** The version in package.json. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8')) as { version: string })
    .version;
