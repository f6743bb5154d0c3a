import type { Middleware } from 'koa';
import { SidecarError } from '../../errors.js';
import { createParameters, parsePairs } from '../parameters.js';
import { readBody } from '../read-body.js';
import { readMultipart } from '../read-multipart.js';
import type { SidecarState } from '../state.js';

const MAX_QUERY = 16 * 1024;
/** A browser sends about 20 and the web server adds a few. */
const MAX_HEADERS = 200;

/**
 * Puts the query into `ctx.state.parameters`. Does not read the body, because nothing has proven yet who
 * sends the request.
 */
export const readQuery: Middleware<SidecarState> = async (ctx, next) => {
  if (ctx.req.rawHeaders.length > 2 * MAX_HEADERS)
    throw new SidecarError('bad-request', { log: `More than ${MAX_HEADERS} headers` });
  const query = ctx.querystring;
  if (query.length > MAX_QUERY)
    throw new SidecarError('bad-request', { log: 'The query string is too long' });
  ctx.state.queryPairs = parsePairs(query, ';&');
  ctx.state.parameters = createParameters(ctx.state.queryPairs);
  await next();
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new SidecarError('bad-request', { log: 'The body is not UTF-8' });
  }
}

/**
 * Adds the body of a POST to `ctx.state.parameters` if the agent may use the screen; every other body is
 * discarded unread. The query string routes a POST, and the helpdesk's forms repeat Action and Subaction in
 * the body; equal repetitions are accepted.
 */
export const readForm: Middleware<SidecarState> = async (ctx, next) => {
  const { agent, queryPairs } = ctx.state;
  if (ctx.method !== 'POST' || !agent || agent.permission === 'none') return next();
  const body = await readBody(ctx.req);
  if (ctx.is('multipart/form-data')) {
    const { pairs, files } = await readMultipart(body, ctx.get('content-type'));
    ctx.state.parameters = createParameters([...queryPairs, ...pairs], files);
  } else if (ctx.is('application/x-www-form-urlencoded') || body.length === 0) {
    ctx.state.parameters = createParameters([...queryPairs, ...parsePairs(textOf(body), '&')]);
  } else {
    throw new SidecarError('bad-request', {
      log: `Content type ${ctx.get('content-type').slice(0, 80)} of a form`,
    });
  }
  await next();
};
