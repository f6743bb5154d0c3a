import type { Context, ParameterizedContext } from 'koa';
import type { SidecarError } from '../errors.js';
import type { PageDeps } from './deps.js';
import { isFragment } from './fragments.js';
import { languageTag, type PageLanguage } from './locale.js';
import type { SidecarState } from './state.js';

export type SidecarContext = ParameterizedContext<SidecarState, Context>;

/** A box below the menu. */
export interface MessageBox {
  kind: 'Notice' | 'Success' | 'Warning' | 'Error' | 'Info';
  text: string;
  command?: string;
  url?: string;
  urlText?: string;
  /** ID of a configuration: adds a button "Request new token". */
  requestTokenFor?: number;
}

export interface Page {
  status?: number;
  /** English; translated for the agent. */
  title: string;
  /** Name under templates/pages. */
  template: string;
  data: object;
  messages?: MessageBox[];
}

/** The agent's language, or without a login the language that the browser prefers (RFC 9110 §12.5.4). */
function languageOf(ctx: SidecarContext): PageLanguage {
  const { agent } = ctx.state;
  if (agent) return { language: agent.language, timeZone: agent.timeZone };
  return { language: [ctx.acceptsLanguages()].flat()[0]?.slice(0, 20) || 'en', timeZone: 'UTC' };
}

/**
 * Puts a page into the helpdesk's page frame, or into our own page if the helpdesk does not answer or nobody
 * is logged in.
 */
export async function respondWithPage(ctx: SidecarContext, deps: PageDeps, page: Page): Promise<void> {
  const { agent } = ctx.state;
  const language = languageOf(ctx);
  const challengeToken = agent?.challengeToken;
  const mainBox = deps.render(`pages/${page.template}`, { ...page.data, challengeToken }, language);
  const boxes = (page.messages ?? []).map((message) =>
    deps.render('pages/message', { ...message, challengeToken }, language),
  );
  const content = {
    mainBox,
    skipLink: deps.render('pages/skip-link', {}, language),
    notifications: boxes.join('\n'),
    title: deps.translate(language.language, page.title),
    lang: languageTag(deps.textLanguage(language.language)),
  };
  const frame = ctx.state.frame ?? (agent && deps.frame?.begin(agent, ctx.state.remoteAddress));
  const framed = await frame?.(content);
  ctx.status = page.status ?? 200;
  ctx.type = 'text/html; charset=utf-8';
  // To an agent without permission the helpdesk shows no page, and these screens neither.
  const unframed = frame !== undefined && agent?.permission !== 'none';
  ctx.body =
    framed ??
    deps.render(
      'layouts/standalone',
      { ...content, challengeToken, unframed, mayChange: agent?.permission === 'rw' },
      language,
    );
}

/** Paths that monitoring asks for (plugin/app.ts), which shows no page to anybody. */
const OF_MONITORING: readonly string[] = ['/readyz', '/metrics'];

function respondWithText(ctx: SidecarContext, { safe, detail, code }: SidecarError): void {
  ctx.type = 'text/plain; charset=utf-8';
  ctx.body = [safe, detail, `Code: ${code}`].filter(Boolean).join('\n').concat('\n');
}

/** Responds with the page of a failure, or with its text to monitoring; never throws, whatever else is broken. */
export async function respondWithError(
  ctx: SidecarContext,
  deps: PageDeps,
  error: SidecarError,
): Promise<void> {
  // Whatever prevents the work: a missing right, for instance, is no fault of this request.
  ctx.status = ctx.path === '/readyz' ? 503 : error.status;
  if (OF_MONITORING.includes(ctx.path)) return respondWithText(ctx, error);
  if (isFragment(ctx.state.parameters?.every('Subaction')[0])) {
    ctx.body = '';
    return;
  }
  const { language } = languageOf(ctx);
  const page: Page = {
    status: error.status,
    title: 'Error',
    template: 'error',
    data: {
      code: error.code,
      text: deps.translate(language, error.safe),
      detail: error.details.map((detail) => deps.translate(language, detail)).join(' '),
      requestId: ctx.state.requestId,
      isOutside: ctx.state.agent?.permission === 'none',
      failedConsent: error.failedConsent,
      // Another consent would fail the same way until ID and secret are right.
      editFirst: error.code === 'client-rejected',
    },
  };
  try {
    await respondWithPage(ctx, deps, page);
  } catch {
    ctx.status = error.status;
    respondWithText(ctx, error);
  }
}

/** 303: the browser continues with a GET, so that a reload repeats nothing (RFC 9110 §15.4.4). */
export function seeOther(ctx: SidecarContext, url: string): void {
  ctx.redirect(url);
  ctx.status = 303;
}
