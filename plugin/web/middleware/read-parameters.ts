import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { SidecarError } from '../../errors.js';
import { createParameters, type Pair, parsePairs, type UploadedFile } from '../parameters.js';
import type { SidecarState } from '../state.js';

/** Bytes of a body that are read: an export of a thousand configurations stays below. */
export const MAX_BODY = 2 * 1024 * 1024;
const MAX_QUERY = 16 * 1024;
/** Bytes of an unwanted body that are thrown away, so that the web server can hand on our answer. */
const MAX_DISCARDED = 64 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
    if (size > MAX_DISCARDED) break;
  }
  if (size > MAX_BODY) throw new SidecarError('too-large', { log: `Body of more than ${MAX_BODY} bytes` });
  return Buffer.concat(chunks);
}

/** Multipart forms are read by Node's own parser (the Fetch standard's `formData`). */
async function readMultipart(body: Buffer, type: string): Promise<[Pair[], Map<string, UploadedFile>]> {
  const pairs: Pair[] = [];
  const files = new Map<string, UploadedFile>();
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  } catch {
    throw new SidecarError('bad-request', { log: 'The multipart body is broken' });
  }
  for (const [name, value] of form.entries()) {
    if (typeof value === 'string') pairs.push([name, value]);
    else files.set(name, { name: value.name, content: Buffer.from(await value.arrayBuffer()) });
  }
  return [pairs, files];
}

/**
 * Puts query and body into `ctx.state.parameters`. A POST is routed by its query string, and the helpdesk's
 * forms repeat Action and Subaction in the body; equal repetitions are fine.
 */
export const readParameters: Middleware<SidecarState> = async (ctx, next) => {
  const query = ctx.querystring;
  if (query.length > MAX_QUERY)
    throw new SidecarError('bad-request', { log: 'The query string is too long' });
  const pairs = parsePairs(query, /[;&]/);
  let files: Map<string, UploadedFile> | undefined;
  if (ctx.method === 'POST') {
    const body = await readBody(ctx.req);
    const type = ctx.get('content-type');
    if (ctx.is('multipart/form-data')) {
      const [fields, uploads] = await readMultipart(body, type);
      pairs.push(...fields);
      files = uploads;
    } else if (ctx.is('application/x-www-form-urlencoded') || body.length === 0) {
      pairs.push(...parsePairs(body.toString('utf8'), /&/));
    } else {
      throw new SidecarError('bad-request', { log: `Content type ${type.slice(0, 80)} of a form` });
    }
  }
  ctx.state.parameters = createParameters(pairs, files);
  await next();
};
