import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { downloadPackages } from './debian-packages.js';
import { HELPDESKS, type Instance } from './instance.js';
import { Stop, step } from './progress.js';

/**
 * Downloads the helpdesk's package without its dependencies.
 * @returns path of the .deb
 */
export async function fetchHelpdesk(cache: string, release: Instance['release']): Promise<string> {
  const { suite, version } = HELPDESKS[release];
  const debs = path.join(cache, 'debs');
  const found = () =>
    existsSync(debs) ? readdirSync(debs).find((name) => name.startsWith(`otrs2_${version}`)) : undefined;
  if (!found())
    await step(`Download Znuny ${version} (Debian package)`, () =>
      downloadPackages(debs, { suite, component: 'non-free', name: 'otrs2' }),
    );
  const name = found();
  if (!name) throw new Stop(`The Debian suite ${suite} has no Znuny ${version} (package otrs2).`);
  return path.join(debs, name);
}
