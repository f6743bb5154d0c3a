import { redirectUri } from '../../domain/redirect-uri.js';
import type { TokenConfig, TokenConfigDocument } from '../../domain/token-config.js';
import { formOf, type TokenConfigForm } from '../../domain/token-config-form.js';
import { SidecarError } from '../../errors.js';
import type { Phrase } from '../../lib/phrase.js';
import { saveTokenConfig, versionOf } from '../../usecases/save-token-config.js';
import type { WebDeps } from '../deps.js';
import { overviewWith } from '../notices.js';
import type { Parameters } from '../parameters.js';
import { isUsed, NO_USAGE, VALIDITIES } from '../presenters/token-config-row.js';
import { respondWithPage, type SidecarContext, seeOther } from '../respond.js';
import { screenUrl } from '../screen-url.js';
import { siteWarnings } from '../site-warnings.js';

/** What the form is about: a stored configuration, or a template for a new one. */
interface Subject {
  config?: TokenConfig;
  templateFilename?: string;
  document: TokenConfigDocument;
  templateName: string;
}

function readForm(parameters: Parameters): TokenConfigForm {
  const text = (name: string) => (parameters.one(name) ?? '').trim();
  return {
    Name: text('Name'),
    ClientID: text('ClientID'),
    ClientSecret: text('ClientSecret'),
    AuthorizationCodeRequestURL: text('AuthorizationCodeRequestURL'),
    TokenByAuthorizationCodeRequestURL: text('TokenByAuthorizationCodeRequestURL'),
    TokenByRefreshTokenRequestURL: text('TokenByRefreshTokenRequestURL'),
    Scope: text('Scope'),
    ValidID: Number(text('ValidID')),
    NotifyOnExpiredToken: parameters.flag('NotifyOnExpiredToken'),
    NotifyOnExpiredRefreshToken: parameters.flag('NotifyOnExpiredRefreshToken'),
    PKCE: parameters.flag('PKCE'),
    Issuer: text('Issuer'),
  };
}

async function fromTemplate(deps: WebDeps, filename: string): Promise<Subject> {
  const template = await deps.templates.get(filename);
  return { templateFilename: template.filename, document: template.document, templateName: template.name };
}

async function fromStored(deps: WebDeps, id: number): Promise<Subject> {
  const config = await deps.tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  return { config, document: config.document, templateName: String(config.document.TemplateName ?? '') };
}

async function showForm(
  ctx: SidecarContext,
  deps: WebDeps,
  subject: Subject,
  form = formOf(subject.document, subject.config),
  failure?: SidecarError,
): Promise<void> {
  const { config } = subject;
  const language = ctx.state.agent?.language ?? 'en';
  const t = (text: Phrase) => deps.translate(language, text);
  const usage = config ? ((await deps.usages.of([config])).get(config.id) ?? NO_USAGE) : NO_USAGE;
  const errors = Object.entries(failure?.fields ?? {}).map(([field, text]) => [field, t(text)]);
  const warnings = await siteWarnings(ctx, deps);
  const messages = failure
    ? [{ kind: 'Error' as const, text: [failure.safe, ...failure.details].map(t).join(' ') }, ...warnings]
    : warnings;
  await respondWithPage(ctx, deps, {
    status: failure?.status ?? 200,
    title: config ? 'Edit' : 'Add by template',
    template: 'edit',
    messages,
    data: {
      here: config ? `${t('Edit')}: ${config.name}` : `${t('Add by template')}: ${subject.templateName}`,
      id: config?.id,
      version: config && (ctx.state.parameters.one('Version') ?? versionOf(config)),
      templateFilename: subject.templateFilename,
      templateName: subject.templateName,
      secretStored: Boolean(config?.document.ClientSecret),
      form,
      errors: Object.fromEntries(errors),
      validities: Object.entries(VALIDITIES).map(([id, name]) => ({
        id,
        name: t(name),
        selected: Number(id) === form.ValidID,
      })),
      redirectUri: redirectUri(ctx.state.settings),
      usage,
      used: isUsed(usage),
    },
  });
}

export async function addFromTemplate(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const filename = ctx.state.parameters.one('TokenConfigTemplateFilename') ?? '';
  await showForm(ctx, deps, await fromTemplate(deps, filename));
}

export async function editConfig(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  await showForm(ctx, deps, await fromStored(deps, ctx.state.parameters.id('ID')));
}

/** Adds (TokenConfigTemplateFilename) or changes (ID). With faults the form comes back as typed, without the secret. */
export async function saveConfig(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const subject = parameters.one('ID')
    ? await fromStored(deps, parameters.id('ID'))
    : await fromTemplate(deps, parameters.one('TokenConfigTemplateFilename') ?? '');
  const form = readForm(parameters);
  try {
    const id = await saveTokenConfig(deps, {
      ...(subject.config
        ? { config: subject.config, version: parameters.one('Version') ?? '' }
        : { template: { name: subject.templateName, document: subject.document } }),
      form,
      userId: agent.userId,
    });
    seeOther(
      ctx,
      parameters.flag('ContinueAfterSave') ? screenUrl('EditTokenConfig', { ID: id }) : overviewWith('saved'),
    );
  } catch (error) {
    const mendable =
      error instanceof SidecarError &&
      ['invalid-token-config', 'value-too-long', 'name-in-use', 'edit-conflict'].includes(error.code);
    if (!mendable) throw error;
    await showForm(ctx, deps, subject, { ...form, ClientSecret: '' }, error);
  }
}
