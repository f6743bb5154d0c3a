import { needsTenant, SETUP_TEMPLATES, scopeFor } from '../../domain/configuration/microsoft-setup.js';
import { followTenant, formOf } from '../../domain/configuration/token-config-form.js';
import { SidecarError } from '../../errors.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import {
  faultsOf,
  type MicrosoftChoice,
  presentMicrosoft,
  readChoice,
} from '../presenters/microsoft-setup.js';
import type { ScreenCall } from '../screen-call.js';
import { fromTemplate, showForm, suggestName } from './edit.js';

const LOGIN = 'https://login.microsoftonline.com/';

/** What is odd about a tenant; it may be right all the same, so nothing is refused. */
function tenantWarnings(cloud: string | null, tenant: string): Phrase[] {
  if (cloud === 'unknown')
    return [
      phrase(
        'Microsoft does not know the tenant "%s". Compare it with the Directory (tenant) ID in the Entra admin centre.',
        tenant,
      ),
    ];
  if (cloud !== null && cloud !== 'microsoftonline.com')
    return [
      phrase(
        'The tenant "%s" is in another national cloud (%s), which has its own endpoints, scopes, and mail servers.',
        tenant,
        cloud,
      ),
    ];
  return [];
}

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
  const [cloud, free] = await Promise.all([
    needsTenant(signIn) ? deps.documents.microsoftCloud(`${LOGIN}${tenant}/v2.0`) : null,
    suggestName(deps, 'Microsoft 365'),
  ]);
  const form = formOf(subject.document, { name: free });
  await showForm(call, subject, {
    form: followTenant({
      ...form,
      ...(needsTenant(signIn) ? { Tenant: tenant } : {}),
      Scope: scopeFor(form.Scope, uses),
    }),
    messages: tenantWarnings(cloud, tenant).map((text) => ({ kind: 'Warning', text: call.reader.t(text) })),
  });
}
