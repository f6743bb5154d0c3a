import { SidecarError } from '../../errors.js';
import type { Phrase } from '../../lib/phrase.js';
import { findConfig, listMailboxes } from '../../usecases/list-mailboxes.js';
import { testMailbox } from '../../usecases/test-mailbox.js';
import type { WebDeps } from '../deps.js';
import type { Parameters } from '../parameters.js';
import { presentMailbox, presentTest, presentTypes } from '../presenters/mailbox-test.js';
import { type MessageBox, respondWithPage, type SidecarContext } from '../respond.js';

const BOXES = { ok: 'Success', warning: 'Warning', fault: 'Error' } as const;

const typedIn = (parameters: Parameters) => ({
  type: parameters.one('Type') ?? '',
  address: (parameters.one('Host') ?? '').trim(),
  login: (parameters.one('Login') ?? '').trim(),
  folder: (parameters.one('Folder') ?? '').trim(),
  allowUnprotected: parameters.flag('AllowUnprotected'),
});

interface Outcome {
  status?: number;
  messages?: MessageBox[];
  test?: ReturnType<typeof presentTest>;
  errors?: Record<string, string>;
}

/**
 * Shows the known mailboxes with a button each, a form for any other mailbox, and above them the test result.
 */
async function showPage(ctx: SidecarContext, deps: WebDeps, outcome: Outcome = {}): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const config = await findConfig(deps, parameters.id('ID'));
  const { known, others } = await listMailboxes(deps, config.id);
  const typed = typedIn(parameters);
  await respondWithPage(ctx, deps, {
    status: outcome.status ?? 200,
    title: 'Test a mailbox',
    template: 'test-mailbox',
    messages: outcome.messages ?? [],
    data: {
      here: `${deps.translate(agent.language, 'Test a mailbox')}: ${config.name}`,
      id: config.id,
      mailboxes: known.map(presentMailbox),
      others: others.map(presentMailbox),
      types: presentTypes(typed.type || 'IMAPTLS'),
      typed,
      test: outcome.test,
      errors: outcome.errors ?? {},
    },
  });
}

export const showMailboxes = (ctx: SidecarContext, deps: WebDeps): Promise<void> => showPage(ctx, deps);

/** Runs one test. Mailbox is the ID of a mail account, `smtp`, or missing for an entered mailbox. */
export async function testOne(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const target = parameters.one('Mailbox') ?? '';
  const mailbox = target === 'smtp' ? target : target === '' ? typedIn(parameters) : parameters.id('Mailbox');
  try {
    const result = await testMailbox(deps, { configId: parameters.id('ID'), mailbox });
    const test = presentTest(result, agent, deps.translate);
    await showPage(ctx, deps, { test, messages: [{ kind: BOXES[result.outcome], text: test.verdict }] });
  } catch (error) {
    if (!(error instanceof SidecarError) || error.code !== 'mailbox-invalid') throw error;
    const t = (text: Phrase) => deps.translate(agent.language, text);
    const errors = Object.entries(error.fields).map(([field, text]) => [field, t(text)]);
    await showPage(ctx, deps, {
      status: error.status,
      messages: [{ kind: 'Error', text: [error.safe, ...error.details].map(t).join(' ') }],
      errors: Object.fromEntries(errors),
    });
  }
}
