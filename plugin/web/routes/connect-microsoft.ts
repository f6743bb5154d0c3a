import { faultsOf, type MicrosoftChoice } from '../../domain/configuration/microsoft-setup.js';
import { startAtMicrosoft } from '../../usecases/start-token-config.js';
import { presentMicrosoft, readChoice } from '../presenters/microsoft-setup.js';
import type { ScreenCall } from '../screen-call.js';
import { fromTemplate, showForm, suggestName } from './edit.js';

async function ask({ reader, showPage }: ScreenCall, choice: MicrosoftChoice): Promise<void> {
  const page = presentMicrosoft(choice, reader);
  await showPage({
    status: Object.keys(page.errors).length > 0 ? 400 : 200,
    title: 'Connect a mailbox',
    template: 'connect-microsoft',
    data: { here: `${reader.t('Connect a mailbox')}: Microsoft 365`, ...page },
  });
}

/** The one way to a Microsoft mailbox: asks who signs in and what for, then shows the form filled in. */
export async function connectMicrosoft(call: ScreenCall): Promise<void> {
  const { deps, parameters } = call;
  const choice = readChoice(parameters);
  const { signIn } = choice;
  if (!signIn || Object.keys(faultsOf(choice)).length > 0) return ask(call, choice);
  const name = await suggestName(deps, 'Microsoft 365');
  const { template, form, warnings } = await startAtMicrosoft(deps, { ...choice, signIn }, name);
  await showForm(call, await fromTemplate(deps, template.filename), {
    form,
    messages: warnings.map((text) => ({ kind: 'Warning', text: call.reader.t(text) })),
  });
}
