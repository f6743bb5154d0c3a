import Router from '@koa/router';
import Koa from 'koa';
import { CALLBACK } from './domain/consent/redirect-uri.js';
import type { SidecarError } from './errors.js';
import type { PageDeps, WebDeps } from './web/deps.js';
import { adminScreen } from './web/middleware/admin-screen.js';
import { findAgent, proveClient, readSettings } from './web/middleware/find-agent.js';
import { handleErrors } from './web/middleware/handle-errors.js';
import { readForm, readQuery } from './web/middleware/read-parameters.js';
import { securityHeaders } from './web/middleware/security-headers.js';
import { discardBody } from './web/read-body.js';
import { receiveAuthorization } from './web/routes/callback.js';
import { alive, isReady, showMetrics } from './web/routes/health.js';
import type { SidecarState } from './web/state.js';

/** Around the routes of every application: the order matters, because errors get their headers, too. */
function bare(deps: PageDeps): Koa<SidecarState> {
  const app = new Koa<SidecarState>();
  app.silent = true;
  app.use(discardBody());
  app.use(securityHeaders);
  app.use(handleErrors(deps));
  return app;
}

function withRoutes(app: Koa<SidecarState>, router: Router<SidecarState>): Koa<SidecarState> {
  app.use(router.routes());
  return app;
}

/** The routes of monitoring. */
function healthRouter(deps: WebDeps): Router<SidecarState> {
  const router = new Router<SidecarState>();
  router.get('/healthz', alive);
  router.get('/readyz', (ctx) => isReady(ctx, deps));
  router.get('/metrics', (ctx) => showMetrics(ctx, deps));
  return router;
}

/**
 * Creates the web application, without side effects: nothing listens and nothing is opened. The web server
 * passes on two paths under the helpdesk's ScriptAlias: index.pl (for one Action) and the callback.
 */
export function createApp(deps: WebDeps): Koa<SidecarState> {
  const router = healthRouter(deps);
  const asking = [proveClient(deps), readQuery, readSettings(deps), findAgent(deps)] as const;
  router.all('/{*alias/}index.pl', ...asking, readForm, adminScreen(deps));
  router.all(`/{*alias/}${CALLBACK}`, ...asking, (ctx) => receiveAuthorization(ctx, deps));
  return withRoutes(bare(deps), router);
}

/** Without a helpdesk there is nobody who could open a screen: health and metrics only. */
export const createAppAlone = (deps: WebDeps): Koa<SidecarState> =>
  withRoutes(bare(deps), healthRouter(deps));

/** Answers every request with the reason why the sidecar cannot work yet. */
export function createWaitingApp(deps: PageDeps, reason: () => SidecarError): Koa<SidecarState> {
  return bare(deps).use((ctx) => {
    if (ctx.path === '/healthz') return alive(ctx);
    throw reason();
  });
}
