import { SidecarError } from '../../errors.js';
import { inTime, TimeOut } from '../../lib/in-time.js';
import type { WebDeps } from '../deps.js';
import type { SidecarContext } from '../respond.js';

/** The web server passes none of these on: they are for programs on this machine. */

/** The process answers; `/readyz` says whether it can work. */
export function alive(ctx: Pick<SidecarContext, 'body'>): void {
  ctx.body = 'ok\n';
}

/** How long the database may take, in milliseconds; callers usually wait only a few seconds. */
const PATIENCE = 3000;

/**
 * Answers whether the database works and passes over the due list complete. Never hangs itself. Before the database
 * has answered for the first time, another application answers 503 (app.ts).
 */
export async function isReady(
  ctx: Pick<SidecarContext, 'body'>,
  deps: Pick<WebDeps, 'isStalled' | 'renewals'>,
  patience = PATIENCE,
): Promise<void> {
  if (deps.isStalled()) throw new SidecarError('renewals-stalled');
  try {
    await inTime(deps.renewals.nextDue(), patience);
  } catch (error) {
    if (error instanceof TimeOut)
      throw new SidecarError('database-unavailable', { log: 'no answer in time' });
    throw error;
  }
  ctx.body = 'ready\n';
}

export async function showMetrics(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { type, body } = await deps.metrics.text();
  ctx.type = type;
  ctx.body = body;
}
