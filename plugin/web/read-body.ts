import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { SidecarError } from '../errors.js';

/** The largest body that is read, in bytes: more than an export of a thousand configurations. */
const MAX_BODY = 2 * 1024 * 1024;
/** How many bytes of an unwanted body are discarded, so that the web server can pass on our answer. */
const MAX_DISCARDED = 64 * 1024 * 1024;

const tooLarge = () => new SidecarError('too-large', { log: `Body of more than ${MAX_BODY} bytes` });

/** @throws SidecarError too-large: beyond 2 MB; bad-request: the connection ended too early */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((done, failed) => {
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return failed(tooLarge());
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= MAX_BODY) return;
      request.off('data', onData);
      chunks.length = 0;
      failed(tooLarge());
    };
    request.on('data', onData);
    request.once('end', () => done(Buffer.concat(chunks)));
    request.once('close', () => failed(new SidecarError('bad-request', { log: 'The body ends too early' })));
  });
}

/** How long an answer waits for the end of an unwanted body, in milliseconds: the largest form at 700 kbit/s. */
const LONGEST_WAIT = 25_000;

function drained(request: IncomingMessage, longestWait: number): Promise<void> {
  return new Promise((done) => {
    if (request.readableEnded || request.destroyed) return done();
    let size = 0;
    const timer = setTimeout(done, longestWait);
    const end = () => {
      clearTimeout(timer);
      done();
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_DISCARDED) request.destroy();
    });
    request.on('error', end);
    request.once('end', end);
    request.once('close', end);
  });
}

/**
 * Discards the unread part of a body before the answer is sent. A web server passes on the whole body before it reads
 * the answer; if the connection is closed meanwhile, it answers 502 instead. Beyond 64 MB the connection is closed.
 * @param longestWait milliseconds until the answer is sent although the body has not ended; replaced in tests
 */
export const discardBody =
  (longestWait = LONGEST_WAIT): Middleware =>
  async ({ req }, next) => {
    try {
      await next();
    } finally {
      await drained(req, longestWait);
    }
  };
