import type { Agent } from '../domain/helpdesk/session.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import type { WebDeps } from './deps.js';
import type { Parameters } from './parameters.js';
import { type Reader, readerOf } from './reader.js';
import { type Page, respondWithPage, type SidecarContext, seeOther } from './respond.js';

/** One request for a screen, after all checks: an agent with the right to use the screen has sent it. */
export interface ScreenCall {
  agent: Agent;
  /** The agent, for texts, times and numbers. */
  reader: Reader;
  /** Of the query and, for a POST, of the form. */
  parameters: Parameters;
  settings: Settings;
  deps: WebDeps;
  /** Answers with a page of the helpdesk. */
  showPage(page: Page): Promise<void>;
  /** Answers with a redirect that a browser follows by a GET. */
  redirect(url: string): void;
  /** For an answer that is no page. */
  ctx: SidecarContext;
}

export function screenCall(ctx: SidecarContext, deps: WebDeps, agent: Agent): ScreenCall {
  const { parameters, settings } = ctx.state;
  return {
    agent,
    reader: readerOf(agent, deps.translate),
    parameters,
    settings,
    deps,
    showPage: (page) => respondWithPage(ctx, deps, page),
    redirect: (url) => seeOther(ctx, url),
    ctx,
  };
}
