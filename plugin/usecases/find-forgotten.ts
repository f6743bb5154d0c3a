import { isRenewable } from '../domain/token/renewal.js';
import type { RenewalRow, RenewalStore } from '../domain/token/renewal-store.js';

/** Rows that one query reads. */
const PAGE = 500;

/**
 * Finds renewable configurations that will never come up: the due list has no time for them, or one set by a
 * wrong clock, and nobody holds their lease. None is expected; each is a mistake of ours.
 */
export async function findForgotten(
  renewals: Pick<RenewalStore, 'unscheduled'>,
  now: Date,
  page = PAGE,
): Promise<RenewalRow[]> {
  const forgotten: RenewalRow[] = [];
  for (let after = 0; ; ) {
    const rows = await renewals.unscheduled(now, after, page);
    forgotten.push(...rows.filter((row) => isRenewable(row, now)));
    const last = rows.at(-1);
    if (!last || rows.length < page) return forgotten;
    after = last.config.id;
  }
}
