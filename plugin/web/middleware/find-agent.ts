import type { Middleware } from 'koa';
import { clientAddress } from '../../domain/helpdesk/channel.js';
import { COMMON } from '../../domain/product/records.js';
import { channelOf } from '../channel.js';
import type { WebDeps } from '../deps.js';
import type { SidecarState } from '../state.js';

/** Refuses requests that the web server did not pass on, before reading anything else. */
export const proveClient =
  ({ channelSecret }: Pick<WebDeps, 'channelSecret'>): Middleware<SidecarState> =>
  async (ctx, next) => {
    ctx.state.remoteAddress = clientAddress(ctx.req.rawHeaders, channelOf(ctx.req), channelSecret);
    await next();
  };

/** Reads the settings once per request. */
export const readSettings =
  (deps: WebDeps): Middleware<SidecarState> =>
  async (ctx, next) => {
    ctx.state.settings = await deps.settings.current();
    await next();
  };

/** Finds the agent by the helpdesk's own session cookie. A request without an agent continues. */
export const findAgent =
  (deps: WebDeps): Middleware<SidecarState> =>
  async (ctx, next) => {
    const cookie = ctx.cookies.get(ctx.state.settings.text('SessionName', COMMON.settings.sessionCookie));
    const agent = await deps.sessions.agent(cookie, ctx.state.remoteAddress);
    if (agent) ctx.state.agent = agent;
    await next();
  };
