import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Product } from '../domain/product/product.js';
import { type HomeFacts, type Release, recogniseByHome } from '../domain/product/recognise.js';
import { PRODUCTS } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';
import { readRegularFileSync } from '../lib/regular-file.js';

/** A helpdesk that the sidecar supports. */
export interface Recognised {
  product: Product;
  release: Release;
}

/** Bytes of the file RELEASE. */
const MAX_RELEASE = 64 * 1024;

const SCRIPTS = [...new Set(PRODUCTS.flatMap(({ scripts }) => scripts))];

/** @returns null where there is no file RELEASE. @throws SidecarError config-unreadable where it must not be read */
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
 * What the helpdesk in a folder is, by its file RELEASE and its scripts. Read first of all: nothing else is read or written
 * where the sidecar does not support it.
 * @param home HELPDESK_HOME
 * @throws SidecarError helpdesk-unsupported, which names the product and what can be done
 * @throws SidecarError config-unreadable where the folder holds no helpdesk, or nothing there may be read
 */
export function recogniseHome(home: string): Recognised {
  const release = readRelease(home);
  if (release === null && !existsSync(path.join(home, 'Kernel/Config.pm')))
    throw new SidecarError('config-unreadable', {
      detail: `There is no Kernel/Config.pm under ${home}. HELPDESK_HOME must be the helpdesk's folder.`,
    });
  const scripts = SCRIPTS.filter((name) => existsSync(path.join(home, `bin/${name}.Console.pl`)));
  const facts: HomeFacts = { home, release, scripts };
  return { product: recogniseByHome(facts), release: release as Release };
}
