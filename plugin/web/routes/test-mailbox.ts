import { SidecarError } from '../../errors.js';
import { findConfig, listMailboxes, outboundOf } from '../../usecases/list-mailboxes.js';
import { testMailbox } from '../../usecases/test-mailbox.js';
import type { Parameters } from '../parameters.js';
import { presentMailbox, presentMuting, presentTest, presentTypes } from '../presenters/mailbox-test.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';

export const BOXES = { ok: 'Success', warning: 'Warning', fault: 'Error' } as const;

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
  /** What came of a fetch. */
  fetched?: object;
}

/**
 * Shows the known mailboxes with a button each, a form for any other mailbox, and above them the test result.
 */
export async function showTestPage(call: ScreenCall, outcome: Outcome = {}): Promise<void> {
  const { deps, reader, parameters } = call;
  const config = await findConfig(deps, parameters.id('ID'));
  const { known, others } = await listMailboxes(deps, config.id);
  const watched = await deps.mailWatch.mailboxes({
    outbound: outboundOf(call.settings),
    accountIds: [...known, ...others].map(({ accountId }) => accountId ?? 0),
  });
  const muted = new Map(watched.map(({ accountId, mutedUntil }) => [accountId, mutedUntil]));
  const typed = typedIn(parameters);
  await call.showPage({
    status: outcome.status ?? 200,
    title: 'Test a mailbox',
    template: 'test-mailbox',
    messages: outcome.messages ?? [],
    data: {
      here: `${reader.t('Test a mailbox')}: ${config.name}`,
      id: config.id,
      mailboxes: [...known, ...others].map((mailbox) => ({
        ...presentMailbox(mailbox),
        muting: presentMuting(muted.get(mailbox.accountId) ?? null, deps.clock(), reader),
      })),
      types: presentTypes(typed.type || 'IMAPTLS'),
      typed,
      test: outcome.test,
      errors: outcome.errors ?? {},
      fetched: outcome.fetched,
    },
  });
}

export const showMailboxes = (call: ScreenCall): Promise<void> => showTestPage(call);

/** Runs one test. Mailbox is the ID of a mail account, `smtp`, or missing for an entered mailbox. */
export async function testOne(call: ScreenCall): Promise<void> {
  const { deps, reader, parameters } = call;
  const target = parameters.one('Mailbox') ?? '';
  const mailbox = target === 'smtp' ? target : target === '' ? typedIn(parameters) : parameters.id('Mailbox');
  try {
    const result = await testMailbox(deps, { configId: parameters.id('ID'), mailbox });
    const test = presentTest(result, reader);
    await showTestPage(call, { test, messages: [{ kind: BOXES[result.outcome], text: test.verdict }] });
  } catch (error) {
    if (!(error instanceof SidecarError) || error.code !== 'mailbox-invalid') throw error;
    const errors = Object.entries(error.fields).map(([field, text]) => [field, reader.t(text)]);
    await showTestPage(call, {
      status: error.status,
      messages: [
        { kind: 'Error', text: [error.safe, ...error.details].map((text) => reader.t(text)).join(' ') },
      ],
      errors: Object.fromEntries(errors),
    });
  }
}
