import type { Middleware } from 'koa';
import type { WebDeps } from '../deps.js';
import type { SidecarState } from '../state.js';

/** Set by the web server's rules; the sidecar listens on loopback only, so nobody else can send it. */
const CLIENT_HEADER = 'x-oauth2-sidecar-client';

/** Reads the settings once per request. */
export const readSettings =
  (deps: WebDeps): Middleware<SidecarState> =>
  async (ctx, next) => {
    ctx.state.settings = await deps.settings.current();
    await next();
  };

/** Finds out who is asking by the helpdesk's own session cookie; nobody is fine here. */
export const findAgent =
  (deps: WebDeps): Middleware<SidecarState> =>
  async (ctx, next) => {
    ctx.state.remoteAddress =
      ctx.get(CLIENT_HEADER).split(',').at(-1)?.trim() || (ctx.req.socket.remoteAddress ?? '');
    const cookie = ctx.cookies.get(ctx.state.settings.text('SessionName', 'OTRSAgentInterface'));
    const agent = await deps.sessions.agent(cookie, ctx.state.remoteAddress);
    if (agent) ctx.state.agent = agent;
    await next();
  };
