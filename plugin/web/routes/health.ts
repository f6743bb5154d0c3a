import type { WebDeps } from '../deps.js';
import type { SidecarContext } from '../respond.js';

/** The web server hands on none of these: they are for whoever is on the machine. */

/** The process answers; whether it can work says `/readyz`. */
export function alive(ctx: Pick<SidecarContext, 'body'>): void {
  ctx.body = 'ok\n';
}

/** The database answers. Before the first time, another application answers 503 (app.ts). */
export async function isReady(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  await deps.renewals.nextDue();
  ctx.body = 'ready\n';
}

export async function showMetrics(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { type, body } = await deps.metrics.text();
  ctx.type = type;
  ctx.body = body;
}
