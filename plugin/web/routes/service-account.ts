import { SidecarError } from '../../errors.js';
import { phrase } from '../../lib/phrase.js';
import { importServiceAccount } from '../../usecases/import-service-account.js';
import type { ScreenCall } from '../screen-call.js';
import { screenUrl } from '../screen-url.js';
import { showNextSteps } from './next-steps.js';

/** Stores the uploaded key (KeyFile) of the configuration's service account. A file that cannot be used changes nothing. */
export async function importKey(call: ScreenCall): Promise<void> {
  const { deps, agent, parameters, reader, redirect } = call;
  const configId = parameters.id('ID');
  const file = parameters.file('KeyFile');
  const refuse = (status: number, text: string) =>
    showNextSteps(call, { status, messages: [{ kind: 'Error', text }] });
  if (!file || file.content.length === 0)
    return refuse(422, reader.t(phrase('Choose the key file (JSON) first.')));
  try {
    await importServiceAccount(deps, { configId, content: file.content, userId: agent.userId });
  } catch (error) {
    if (!(error instanceof SidecarError) || error.code !== 'service-account-key-unusable') throw error;
    return refuse(error.status, [error.safe, ...error.details].map((text) => reader.t(text)).join(' '));
  }
  redirect(screenUrl('NextSteps', { ID: configId, Notice: 'key-imported' }));
}
