import type { Middleware } from 'koa';
import { issuerOf, JWT_BEARER, registerServiceAccount, type ServiceAccountClient } from './jwt-bearer.js';
import { MapAdapter, revokeEverything } from './store.js';

/** How the token endpoint misbehaves. */
type Mode =
  | 'normal'
  | 'hang'
  | 'html'
  | 'empty'
  | '500'
  | '302'
  | '429'
  | 'reset'
  | 'no-refresh-token'
  | 'invalid_client'
  | 'temporarily_unavailable';

export interface ControlState {
  accessTokenSeconds: number;
  mode: Mode;
  /** A refresh token works once, and reuse revokes the family; otherwise it works any number of times, as at Google. */
  rotate: boolean;
  /** How long an answer is delayed after the provider has done its part, in milliseconds. */
  lateMs: number;
  /** Token requests since the last reset, by grant type. */
  requests: Record<string, number>;
  /** When a refresh token came for a second time, since the last reset: times of first and second use, in milliseconds. */
  reused: [first: number, again: number][];
}

const DEFAULTS = { accessTokenSeconds: 600, mode: 'normal', rotate: true, lateMs: 0 } as const;

const fresh = (): ControlState => ({ ...DEFAULTS, requests: {}, reused: [] });
export const control: ControlState = fresh();

const seen = new Map<string, number>();

function noteUse(refreshToken: string): void {
  const first = seen.get(refreshToken);
  if (first === undefined) seen.set(refreshToken, Date.now());
  else control.reused.push([first, Date.now()]);
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** `/_lab/…`: what tests change and read. On loopback only, like everything here. */
export const controlRoutes: Middleware = async (ctx, next) => {
  if (!ctx.path.startsWith('/_lab/')) return next();
  if (ctx.path === '/_lab/set') Object.assign(control, JSON.parse(await readText(ctx.req)));
  else if (ctx.path === '/_lab/client') {
    const client = JSON.parse(await readText(ctx.req)) as { client_id: string };
    await new MapAdapter('Client').upsert(client.client_id, client);
  } else if (ctx.path === '/_lab/service-account')
    await registerServiceAccount(JSON.parse(await readText(ctx.req)) as ServiceAccountClient);
  else if (ctx.path === '/_lab/revoke') revokeEverything();
  else if (ctx.path === '/_lab/reset') Object.assign(control, fresh());
  else if (ctx.path !== '/_lab/state') {
    ctx.status = 404;
    return;
  }
  ctx.body = control;
};

const ANSWERS: Partial<Record<Mode, (ctx: Parameters<Middleware>[0]) => void>> = {
  html: (ctx) => {
    ctx.type = 'html';
    ctx.body = '<html><body>Sign in to the network first</body></html>';
  },
  empty: (ctx) => {
    ctx.status = 200;
    ctx.type = 'json';
    ctx.body = '';
  },
  '500': (ctx) => {
    ctx.status = 500;
    ctx.body = 'Internal Server Error';
  },
  '302': (ctx) => ctx.redirect('/_lab/state'),
  '429': (ctx) => {
    ctx.status = 429;
    ctx.set('Retry-After', '7');
    ctx.body = { error: 'temporarily_unavailable' };
  },
  invalid_client: (ctx) => {
    ctx.status = 401;
    ctx.body = {
      error: 'invalid_client',
      error_description: 'AADSTS7000222: The provided client secret keys are expired.',
    };
  },
  temporarily_unavailable: (ctx) => {
    ctx.status = 503;
    ctx.body = { error: 'temporarily_unavailable' };
  },
};

/** Counts token requests and plays the chosen failure. */
export const tokenFailures: Middleware = async (ctx, next) => {
  if (ctx.path !== '/token' || ctx.method !== 'POST') return next();
  const body = await readText(ctx.req);
  const form = new URLSearchParams(body);
  const grant = form.get('grant_type') ?? 'none';
  control.requests[grant] = (control.requests[grant] ?? 0) + 1;
  if (grant === 'refresh_token') noteUse(form.get('refresh_token') ?? '');
  // Real providers accept the scope of the consent on a refresh, offline_access included; oidc-provider is stricter.
  if (grant === 'refresh_token') {
    const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== 'offline_access');
    form.set('scope', scopes.join(' '));
  }
  if (form.get('scope') === '') form.delete('scope');
  if (grant === JWT_BEARER) form.set('client_id', issuerOf(form.get('assertion') ?? ''));
  // oidc-provider takes a body from here that has already been read.
  (ctx.req as { body?: unknown }).body = Object.fromEntries(form);
  if (control.mode === 'hang') return new Promise(() => undefined);
  if (control.mode === 'reset') {
    ctx.req.socket.destroy();
    return;
  }
  const answer = ANSWERS[control.mode];
  if (answer) return answer(ctx);
  await next();
  if (control.lateMs > 0) await new Promise((resolve) => setTimeout(resolve, control.lateMs));
  if (control.mode === 'no-refresh-token' && typeof ctx.body === 'object' && ctx.body !== null) {
    delete (ctx.body as { refresh_token?: string }).refresh_token;
  }
};
