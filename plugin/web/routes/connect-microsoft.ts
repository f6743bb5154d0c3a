import { needsTenant, SETUP_TEMPLATES, scopeFor } from '../../domain/configuration/microsoft-setup.js';
import { followTenant, formOf } from '../../domain/configuration/token-config-form.js';
import { SidecarError } from '../../errors.js';
import {
  faultsOf,
  type MicrosoftChoice,
  presentMicrosoft,
  readChoice,
} from '../presenters/microsoft-setup.js';
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
  const { signIn, tenant, uses } = choice;
  if (!signIn || Object.keys(faultsOf(choice)).length > 0) return ask(call, choice);
  const name = SETUP_TEMPLATES[signIn];
  const template = (await deps.templates.list()).find((one) => one.name === name);
  if (!template) throw new SidecarError('unknown-template', { log: `No template ${name}` });
  const subject = await fromTemplate(deps, template.filename);
  const form = formOf(subject.document, { name: await suggestName(deps, 'Microsoft 365') });
  await showForm(call, subject, {
    form: followTenant({
      ...form,
      ...(needsTenant(signIn) ? { Tenant: tenant } : {}),
      Scope: scopeFor(form.Scope, uses),
    }),
  });
}
