import type { Context, ParameterizedContext } from 'koa';
import type { Agent } from '../domain/ports.js';
import type { SidecarError } from '../errors.js';
import type { PageDeps } from './deps.js';
import type { PageLanguage } from './locale.js';
import type { SidecarState } from './state.js';

export type SidecarContext = ParameterizedContext<SidecarState, Context>;

/** A box below the menu. */
export interface MessageBox {
  kind: 'Notice' | 'Success' | 'Warning' | 'Error' | 'Info';
  text: string;
  command?: string;
  url?: string;
  urlText?: string;
  /** ID of a configuration: with a button "Request new token". */
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

const NOBODY: PageLanguage = { language: 'en', timeZone: 'UTC' };

const languageOf = (agent: Agent | undefined): PageLanguage =>
  agent ? { language: agent.language, timeZone: agent.timeZone } : NOBODY;

/** Puts a page into the helpdesk's own; into a page of our own where the helpdesk does not answer or nobody is logged in. */
export async function respondWithPage(ctx: SidecarContext, deps: PageDeps, page: Page): Promise<void> {
  const { agent } = ctx.state;
  const language = languageOf(agent);
  const challengeToken = agent?.challengeToken;
  const mainBox = deps.render(`pages/${page.template}`, { ...page.data, challengeToken }, language);
  const boxes = (page.messages ?? []).map((message) =>
    deps.render('pages/message', { ...message, challengeToken }, language),
  );
  const content = {
    mainBox,
    notifications: boxes.join('\n'),
    title: deps.translate(language.language, page.title),
  };
  const frame = ctx.state.frame ?? (agent && deps.frame?.begin(agent, ctx.state.remoteAddress));
  const framed = await frame?.(content);
  ctx.status = page.status ?? 200;
  ctx.type = 'text/html; charset=utf-8';
  ctx.body =
    framed ??
    deps.render(
      'layouts/standalone',
      { ...content, unframed: frame !== undefined, mayChange: agent?.permission === 'rw' },
      language,
    );
}

/** The bar's fragment is part of another page: there a failure is an empty answer. */
const isFragment = (ctx: SidecarContext) => ctx.state.parameters?.every('Subaction')[0] === 'Bar';

/** The page of a failure; never throws, whatever else is broken. */
export async function respondWithError(
  ctx: SidecarContext,
  deps: PageDeps,
  error: SidecarError,
): Promise<void> {
  ctx.status = error.status;
  if (isFragment(ctx)) {
    ctx.body = '';
    return;
  }
  const { language } = languageOf(ctx.state.agent);
  const page: Page = {
    status: error.status,
    title: 'Error',
    template: 'error',
    data: {
      code: error.code,
      text: deps.translate(language, error.safe),
      detail: error.details.map((detail) => deps.translate(language, detail)).join(' '),
      requestId: ctx.state.requestId,
      requestTokenFor: error.requestTokenFor,
    },
  };
  try {
    await respondWithPage(ctx, deps, page);
  } catch {
    ctx.status = error.status;
    ctx.type = 'text/plain; charset=utf-8';
    ctx.body = `${error.safe}\n${error.detail ?? ''}\nCode: ${error.code}\n`;
  }
}

/** 303: the browser goes on with a GET, so that a reload repeats nothing (RFC 9110 §15.4.4). */
export function seeOther(ctx: SidecarContext, url: string): void {
  ctx.redirect(url);
  ctx.status = 303;
}
