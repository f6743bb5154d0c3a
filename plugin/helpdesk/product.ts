import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Product } from '../domain/product/product.js';
import { type HomeFacts, type Release, recogniseByHome } from '../domain/product/recognise.js';
import { NO_HELPDESK, NO_HOME, PRODUCTS } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';
import { readRegularFileSync } from '../lib/regular-file.js';

/** A helpdesk that the sidecar supports. */
export interface Recognised {
  product: Product;
  release: Release;
}

/** The largest RELEASE file that is read, in bytes. */
const MAX_RELEASE = 64 * 1024;

const SCRIPTS = [...new Set(PRODUCTS.flatMap(({ scripts }) => scripts))];

/**
 * @returns null if there is no RELEASE file
 * @throws SidecarError config-unreadable if reading it is not permitted
 */
function readRelease(home: string): Release | null {
  const file = path.join(home, 'RELEASE');
  let text: string;
  try {
    text = readRegularFileSync(file, { maxBytes: MAX_RELEASE }).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') return null;
    throw new SidecarError('config-unreadable', {
      detail: `No permission to read ${file}. Run the sidecar as the helpdesk's user, or in its group.`,
    });
  }
  const value = (name: string): string =>
    new RegExp(`^${name}[^\\S\\n]*=[^\\S\\n]*(.*?)\\s*$`, 'im').exec(text)?.[1] ?? '';
  return { product: value('PRODUCT'), version: value('VERSION') };
}

/**
 * Recognises the helpdesk in a folder by its RELEASE file and its scripts. Runs before everything else,
 * because the sidecar neither reads nor writes anything of an unsupported product.
 * @param home HELPDESK_HOME
 * @throws SidecarError helpdesk-unsupported, which names the product and says what to do
 * @throws SidecarError config-unreadable if the folder contains no helpdesk or is not readable
 */
export function recogniseHome(home: string): Recognised {
  if (home === NO_HOME) return { product: NO_HELPDESK, release: { product: NO_HELPDESK.name, version: '' } };
  const release = readRelease(home);
  if (release === null && !existsSync(path.join(home, 'Kernel/Config.pm')))
    throw new SidecarError('config-unreadable', {
      detail: `There is no Kernel/Config.pm under ${home}. HELPDESK_HOME must be the helpdesk's folder.`,
    });
  const scripts = SCRIPTS.filter((name) => existsSync(path.join(home, `bin/${name}.Console.pl`)));
  const storesTokens = existsSync(path.join(home, 'Kernel/System/OAuth2TokenConfig.pm'));
  const facts: HomeFacts = { home, release, scripts, storesTokens };
  return { product: recogniseByHome(facts), release: release as Release };
}
