import type { TokenConfigForm } from '../domain/configuration/form-fields.js';
import {
  type MicrosoftChoice,
  needsTenant,
  SETUP_TEMPLATES,
  type SignIn,
  scopeFor,
} from '../domain/configuration/microsoft-setup.js';
import type { ProviderTemplate, ProviderTemplates } from '../domain/configuration/provider-template.js';
import type { TokenConfigDocument } from '../domain/configuration/token-config.js';
import { followTenant, formOf } from '../domain/configuration/token-config-form.js';
import { withMetadata } from '../domain/provider/discovered-template.js';
import type { ProviderDocuments } from '../domain/provider/provider-documents.js';
import { SidecarError } from '../errors.js';
import { type Phrase, phrase } from '../lib/phrase.js';

export interface StartTokenConfigDeps {
  templates: Pick<ProviderTemplates, 'list'>;
  documents: Pick<ProviderDocuments, 'microsoftCloud'>;
}

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

/**
 * Fills in the form of a new configuration for Microsoft 365: template, tenant and scopes follow the choice.
 * Stores nothing.
 * @param choice without faults (`faultsOf`)
 * @returns the template, the form, and what is odd about the tenant (asked at Microsoft)
 * @throws SidecarError unknown-template
 */
export async function startAtMicrosoft(
  { templates, documents }: StartTokenConfigDeps,
  { signIn, tenant, uses }: MicrosoftChoice & { signIn: SignIn },
  name: string,
): Promise<{ template: ProviderTemplate; form: TokenConfigForm; warnings: Phrase[] }> {
  const wanted = SETUP_TEMPLATES[signIn];
  const template = (await templates.list()).find((one) => one.name === wanted);
  if (!template) throw new SidecarError('unknown-template', { log: `No template ${wanted}` });
  const cloud = needsTenant(signIn) ? await documents.microsoftCloud(`${LOGIN}${tenant}/v2.0`) : null;
  const form = formOf(template.document, { name });
  return {
    template,
    form: followTenant({
      ...form,
      ...(needsTenant(signIn) ? { Tenant: tenant } : {}),
      Scope: scopeFor(form.Scope, uses),
    }),
    warnings: tenantWarnings(cloud, tenant),
  };
}

/**
 * Fills a template with what the provider publishes about itself (OpenID Connect Discovery, RFC 8414). Stores
 * nothing.
 * @throws SidecarError discovery-failed
 */
export async function startFromIssuer(
  { documents }: { documents: Pick<ProviderDocuments, 'discover'> },
  template: TokenConfigDocument,
  issuer: string,
): Promise<{ document: TokenConfigDocument; warnings: Phrase[] }> {
  const metadata = await documents.discover(issuer);
  const headerOnly = phrase(
    'This provider accepts the client secret only in a header, but the helpdesk sends it in the body. Allow "client_secret_post" for the app at the provider.',
  );
  return {
    document: withMetadata(template, metadata),
    warnings: metadata.secretInBody === false ? [headerOnly] : [],
  };
}
