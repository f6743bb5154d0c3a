import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { SidecarError } from '../plugin/errors.js';
import { hasEnded, processIdentity } from '../plugin/lib/process-identity.js';
import type { Dialect } from './dialect/dialect.js';

export interface MigrationLockOptions {
  /** How long the lock outlives its process, in milliseconds. */
  ttlMs?: number;
  /** How long to wait for another process, in milliseconds. */
  waitMs?: number;
}

const LOCK_TABLE = 'oauth2_sidecar_migrating';

/**
 * Lets one process at a time change tables, on any number of hosts: a lease in a row, taken by a conditional
 * UPDATE and extended while `work` runs. Does not use the server's own locks, because in a cluster each node
 * has its own, and some versions refuse them (MDEV-30473, pxc_strict_mode). Times are the database's, so the
 * hosts' clocks do not matter.
 * @throws SidecarError database-unavailable if another process holds it for longer than `waitMs`
 */
export async function withMigrationLock<T>(
  knex: Knex,
  dialect: Dialect,
  work: () => Promise<T>,
  { ttlMs = 20_000, waitMs = 60_000 }: MigrationLockOptions = {},
): Promise<T> {
  // At most 36 characters. Identifies the process, so that a process started on this machine after a kill
  // need not wait.
  const holder = `${processIdentity()}.${randomBytes(3).toString('base64url')}`;
  const end = Date.now() + waitMs;
  while (!(await take(knex, dialect, holder, ttlMs))) {
    if (Date.now() > end)
      throw new SidecarError('database-unavailable', {
        log: `migrate: another sidecar has been migrating for ${Math.round(waitMs / 1000)} s`,
      });
    await sleep(200);
  }
  const renewal = setInterval(
    () => void take(knex, dialect, holder, ttlMs).catch(() => undefined),
    ttlMs / 4,
  );
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await knex(LOCK_TABLE)
      .where({ id: 1, holder })
      .update({ lease_until: 0 })
      .catch(() => undefined);
  }
}

/** A process of this machine that was killed while migrating will not use its lease again. */
async function freeAfterItsHolder(knex: Knex): Promise<void> {
  const row = await knex(LOCK_TABLE).where({ id: 1 }).first('holder', 'lease_until');
  if (!row || Number(row.lease_until) === 0 || hasEnded(row.holder) !== true) return;
  await knex(LOCK_TABLE).where({ id: 1, holder: row.holder }).update({ lease_until: 0 });
}

/**
 * @returns whether the lease is ours now; false if a cluster refuses the write because it collides with
 *   another
 */
async function take(knex: Knex, dialect: Dialect, holder: string, ttlMs: number): Promise<boolean> {
  const { tables, statements, errors, expressions } = dialect;
  const now = expressions.millisecondNow;
  try {
    await tables.prepareLease(knex, LOCK_TABLE);
    await freeAfterItsHolder(knex);
    const free = `(holder = ? OR lease_until < ${now} OR lease_until > ${now} + 10 * ?)`;
    const taken = await statements.change(
      knex,
      `UPDATE ${LOCK_TABLE} SET holder = ?, lease_until = ${now} + ? WHERE id = 1 AND ${free}`,
      [holder, ttlMs, holder, ttlMs],
    );
    return taken === 1;
  } catch (error) {
    if (errors.isCollision(error)) return false;
    throw error;
  }
}
