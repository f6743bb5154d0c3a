import { existsSync } from 'node:fs';
import path from 'node:path';
import { COMMON, NO_HOME, PRODUCTS } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';

/** Where packages and manuals install a helpdesk; supported ones first. */
const USUAL_HOMES = [...new Set(PRODUCTS.flatMap(({ homes }) => homes))];

/**
 * Finds the helpdesk's folder: as given, HELPDESK_HOME, or the first usual place that contains one; `none` stands for itself.
 * @throws SidecarError config-invalid if there is none
 */
export function findHome(
  given: string | undefined,
  env: Record<string, string | undefined>,
  exists: (file: string) => boolean = existsSync,
): string {
  const named = given?.trim() || env.HELPDESK_HOME?.trim();
  if (named === NO_HOME) return named;
  if (named) return path.resolve(named);
  const found = USUAL_HOMES.find((home) => exists(path.join(home, 'Kernel/Config.pm')));
  if (found) return found;
  throw new SidecarError('config-invalid', {
    detail: `No helpdesk was found at ${USUAL_HOMES.join(', ')}. Give its folder: --home ${COMMON.exampleHome}, or HELPDESK_HOME=${COMMON.exampleHome}.`,
  });
}
