import type { Agent } from '../domain/helpdesk/session.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import type { WebDeps } from './deps.js';
import type { Parameters } from './parameters.js';
import { type Reader, readerOf } from './reader.js';
import { type Page, respondWithPage, type SidecarContext, seeOther } from './respond.js';

/** One request for a screen. All checks are done: the agent has the right that the screen requires. */
export interface ScreenCall {
  agent: Agent;
  /** The language of the texts and the agent's time zone, for texts, times and numbers. */
  reader: Reader;
  /** From the query and, for a POST, from the form. */
  parameters: Parameters;
  settings: Settings;
  deps: WebDeps;
  /** Responds with a page of the helpdesk. */
  showPage(page: Page): Promise<void>;
  /** Redirects the browser, which follows with a GET. */
  redirect(url: string): void;
  /** For a response that is not a page. */
  ctx: SidecarContext;
}

export function screenCall(ctx: SidecarContext, deps: WebDeps, agent: Agent): ScreenCall {
  const { parameters, settings } = ctx.state;
  return {
    agent,
    reader: readerOf(agent, deps),
    parameters,
    settings,
    deps,
    showPage: (page) => respondWithPage(ctx, deps, page),
    redirect: (url) => seeOther(ctx, url),
    ctx,
  };
}
