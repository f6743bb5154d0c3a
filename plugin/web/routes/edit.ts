import { isClientCredentials } from '../../domain/configuration/auth-flow.js';
import { certificatesOf } from '../../domain/configuration/certificates.js';
import { needsConsent } from '../../domain/configuration/change-effect.js';
import type { TokenConfigForm } from '../../domain/configuration/form-fields.js';
import { cloudMixture } from '../../domain/configuration/microsoft-cloud.js';
import type { ProviderTemplate } from '../../domain/configuration/provider-template.js';
import { otherMailbox } from '../../domain/configuration/service-account.js';
import { templateOf } from '../../domain/configuration/template-drift.js';
import type { TokenConfig, TokenConfigDocument } from '../../domain/configuration/token-config.js';
import { applyForm, formOf } from '../../domain/configuration/token-config-form.js';
import { redirectUri } from '../../domain/consent/redirect-uri.js';
import type { Abilities } from '../../domain/helpdesk/abilities.js';
import { isUsed, NO_USAGE, serversOf, type Usage } from '../../domain/mailbox/usage.js';
import { providerOf, tokenUrl } from '../../domain/provider/provider.js';
import { SidecarError } from '../../errors.js';
import { phrase } from '../../lib/phrase.js';
import { renewNow } from '../../usecases/renew-now.js';
import { saveTokenConfig, versionOf } from '../../usecases/save-token-config.js';
import { startAuthorization } from '../../usecases/start-authorization.js';
import { startFromIssuer } from '../../usecases/start-token-config.js';
import type { WebDeps } from '../deps.js';
import { type Notice, noticeOfSave, overviewWith, readNotice } from '../notices.js';
import { readUses } from '../presenters/microsoft-setup.js';
import { NOBODY_KNOWN, presentDrift, presentIdentity } from '../presenters/remarks.js';
import { presentSettingWarnings } from '../presenters/setting-warnings.js';
import { presentForm } from '../presenters/token-config-form.js';
import { readForm } from '../read-token-config-form.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';
import { screenUrl } from '../screen-url.js';
import { abilityWarnings } from '../site-warnings.js';

/** A name for a new configuration; '' if it is taken. */
export const suggestName = async (deps: WebDeps, name: string): Promise<string> =>
  (await deps.tokenConfigs.byName(name)) ? '' : name;

/** What the form edits: a stored configuration, or a template for a new one. */
interface Subject {
  config?: TokenConfig;
  templateFilename?: string;
  document: TokenConfigDocument;
  templateName: string;
}

export async function fromTemplate(
  deps: WebDeps,
  filename: string,
): Promise<Subject & { discovery: boolean }> {
  const { document, name, discovery, ...template } = await deps.templates.get(filename);
  return { templateFilename: template.filename, document, templateName: name, discovery };
}

async function fromStored(deps: WebDeps, id: number): Promise<Subject> {
  const config = await deps.tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  return { config, document: config.document, templateName: String(config.document.TemplateName ?? '') };
}

const RESUMED = phrase(
  'Your session had expired, so nothing was saved. Check the values, enter the client secret again, and save.',
);

interface Shown {
  form?: TokenConfigForm;
  failure?: SidecarError;
  /** The section whose "Add rows" was pressed. */
  addRow?: string;
  messages?: MessageBox[];
  status?: number;
}

/** Where the form is: who came by "Connect a mailbox" finds no template in the path that they never chose. */
function pathOf({ parameters, reader: { t } }: ScreenCall, { config, templateName }: Subject): string {
  if (config) return `${t('Edit')}: ${config.name}`;
  return readUses(parameters)
    ? `${t('Connect a mailbox')}: Microsoft 365`
    : `${t('Add by template')}: ${templateName}`;
}

/** What went wrong, above the form. */
function faultsOf(
  { reader: { t }, parameters }: ScreenCall,
  { config }: Subject,
  { failure }: Shown,
): MessageBox[] {
  const anew =
    failure?.code === 'edit-conflict' && config
      ? { url: screenUrl('EditTokenConfig', { ID: config.id }), urlText: t('Reload') }
      : {};
  const faults: MessageBox[] = failure
    ? [{ kind: 'Error', text: [failure.safe, ...failure.details].map((text) => t(text)).join(' '), ...anew }]
    : [];
  // After a log-in, the page's script fills in what it has kept.
  const resumed: MessageBox[] = parameters.flag('Resume') ? [{ kind: 'Error', text: t(RESUMED) }] : [];
  return [...faults, ...resumed];
}

/**
 * The provider and the mail servers of a configuration belong to different clouds. What is typed in is checked when it is
 * saved; only here it is known which mail servers get the token.
 */
function mixedClouds(
  { settings, reader: { t } }: ScreenCall,
  { config }: Subject,
  usage: Usage,
): MessageBox[] {
  const mixture = config && cloudMixture(config.document, serversOf(usage, settings));
  return mixture ? [{ kind: 'Warning', text: t(mixture.text) }] : [];
}

/** The fields of the form. */
function fieldsOf(
  { settings, parameters, reader: { t } }: ScreenCall,
  { config, document, templateName }: Subject,
  { form = formOf(document, config), failure, addRow }: Shown,
  { templates, scripts }: { templates: ProviderTemplate[]; scripts: Abilities['scripts'] },
) {
  const errors = Object.entries(failure?.fields ?? {}).map(([field, text]) => [field, t(text)]);
  return presentForm({
    form,
    uses: readUses(parameters),
    document,
    stored: config !== undefined,
    template: config ? templateOf(document, templates)?.document : document,
    errors: Object.fromEntries(errors),
    addRow,
    shown: {
      RedirectURI: redirectUri(settings),
      TemplateName: templateName,
      Certificates: certificatesOf(document)
        .map(({ thumbprint, expires }) => `${thumbprint} (${expires})`)
        .join(', '),
    },
    warnings: presentSettingWarnings(settings, scripts, t, providerOf(tokenUrl(document))),
    t,
  });
}

/** Shows the form of a token configuration. */
export async function showForm(call: ScreenCall, subject: Subject, shown: Shown = {}): Promise<void> {
  const { config } = subject;
  const { deps, reader, parameters } = call;
  const [usages, identities, templates, { scripts }, abilities] = await Promise.all([
    deps.usages.of(config ? [config] : []),
    deps.identities.of(config ? [config.id] : []),
    deps.templates.list(),
    deps.abilities(),
    abilityWarnings(call),
  ]);
  const usage = usages.get(config?.id ?? 0) ?? NO_USAGE;
  await call.showPage({
    status: shown.failure?.status ?? shown.status ?? 200,
    title: config ? 'Edit' : 'Add by template',
    template: 'edit',
    messages: [
      ...faultsOf(call, subject, shown),
      ...(shown.messages ?? []),
      ...mixedClouds(call, subject, usage),
      ...abilities,
    ],
    data: {
      here: pathOf(call, subject),
      id: config?.id,
      version: config && (parameters.one('Version') ?? versionOf(config)),
      templateFilename: subject.templateFilename,
      authorizes: !isClientCredentials(subject.document),
      uses: readUses(parameters),
      ...fieldsOf(call, subject, shown, { templates, scripts }),
      drift: config && presentDrift(config, templates),
      identity: presentIdentity(identities.get(config?.id ?? 0) ?? NOBODY_KNOWN, usage, reader),
      usage,
      used: isUsed(usage),
    },
  });
}

export async function addFromTemplate(call: ScreenCall): Promise<void> {
  const { deps, parameters } = call;
  const subject = await fromTemplate(deps, parameters.one('TokenConfigTemplateFilename') ?? '');
  if (subject.discovery && !parameters.flag('ByHand')) return askForIssuer(call, subject);
  const name = await suggestName(deps, subject.templateName);
  await showForm(call, subject, { form: formOf(subject.document, { name }) });
}

async function askForIssuer(
  { reader: { t }, parameters, showPage }: ScreenCall,
  subject: Subject,
  failure?: SidecarError,
): Promise<void> {
  await showPage({
    status: failure?.status ?? 200,
    title: 'Add by template',
    template: 'discover',
    data: {
      here: `${t('Add by template')}: ${subject.templateName}`,
      templateFilename: subject.templateFilename,
      issuer: parameters.one('IssuerToDiscover') ?? subject.document.Sidecar?.Issuer ?? '',
      error: failure && [failure.safe, ...failure.details].map((text) => t(text)).join(' '),
    },
  });
}

/** Discovers the issuer's endpoints and shows them in the form; nothing is stored. */
export async function discoverProvider(call: ScreenCall): Promise<void> {
  const { deps, reader, parameters } = call;
  const subject = await fromTemplate(deps, parameters.one('TokenConfigTemplateFilename') ?? '');
  try {
    const issuer = (parameters.one('IssuerToDiscover') ?? '').trim();
    const { document, warnings } = await startFromIssuer(deps, subject.document, issuer);
    await showForm(call, subject, {
      form: formOf(document),
      messages: warnings.map((text) => ({ kind: 'Warning', text: reader.t(text) })),
    });
  } catch (error) {
    if (!(error instanceof SidecarError) || error.code !== 'discovery-failed') throw error;
    await askForIssuer(call, subject, error);
  }
}

export async function editConfig(call: ScreenCall): Promise<void> {
  const notice = readNotice(call.parameters, call.reader);
  const subject = await fromStored(call.deps, call.parameters.id('ID'));
  await showForm(call, subject, { messages: notice ? [notice] : [] });
}

/** Shows the form as entered, without the secret, after the session has changed. Saves nothing. */
export async function showStaleForm(call: ScreenCall): Promise<void> {
  const { deps, parameters, reader } = call;
  const subject: Subject = parameters.one('ID')
    ? await fromStored(deps, parameters.id('ID'))
    : await fromTemplate(deps, parameters.one('TokenConfigTemplateFilename') ?? '');
  const text = phrase('Your session has changed, so nothing was saved. Check the values and save again.');
  await showForm(call, subject, {
    status: 403,
    form: readForm(parameters),
    messages: [{ kind: 'Error', text: reader.t(text) }],
  });
}

/**
 * The stored token is one of the old mailbox, so request one of the new mailbox at once. Its failure does not undo the
 * change: state and history name it.
 * @returns the notice
 */
async function renewForMailbox({ deps, agent }: ScreenCall, configId: number) {
  try {
    await renewNow(deps, { configId, userId: agent.userId, actor: agent.userId });
    return 'saved-renewed';
  } catch (error) {
    if (!(error instanceof SidecarError)) throw error;
    return 'saved-mailbox';
  }
}

const CORRECTABLE = ['invalid-token-config', 'value-too-long', 'name-in-use', 'edit-conflict'];

/** What must follow: a first consent, another one for the stored token, a renewal for another mailbox, or nothing. */
async function effectOfSave(
  call: ScreenCall,
  { id, subject, form }: { id: number; subject: Subject; form: TokenConfigForm },
): Promise<Notice> {
  const { config, document } = subject;
  if (!config) return isClientCredentials(document) ? 'saved' : 'saved-new';
  const changed = applyForm(config.document, form);
  if (needsConsent(config.document, changed)) {
    const { accessToken, refreshToken } = await call.deps.tokens.get(id);
    return accessToken || refreshToken ? 'saved-consent' : 'saved-new';
  }
  return otherMailbox(config.document, changed) ? renewForMailbox(call, id) : 'saved';
}

/**
 * Adds (TokenConfigTemplateFilename) or changes (ID) a configuration. On faults, shows the form as entered,
 * without the secret.
 */
export async function saveConfig(call: ScreenCall): Promise<void> {
  const { deps, agent, parameters } = call;
  const subject: Subject = parameters.one('ID')
    ? await fromStored(deps, parameters.id('ID'))
    : await fromTemplate(deps, parameters.one('TokenConfigTemplateFilename') ?? '');
  const { config } = subject;
  const form = readForm(parameters);
  const addRow = parameters.one('AddRow');
  if (addRow !== undefined) return showForm(call, subject, { form, addRow });
  try {
    const id = await saveTokenConfig(deps, {
      ...(config
        ? { config, version: parameters.one('Version') ?? '' }
        : { template: { name: subject.templateName, document: subject.document } }),
      form,
      userId: agent.userId,
    });
    if (parameters.flag('RequestAfterSave')) {
      const { url } = await startAuthorization(deps, { configId: id, agent });
      return call.redirect(url);
    }
    const usage = config ? (await deps.usages.of([{ id, name: form.Name }])).get(id) : undefined;
    const effect = await effectOfSave(call, { id, subject, form });
    const [notice, counts] = noticeOfSave(usage ?? NO_USAGE, effect);
    const isNewApp = !config && isClientCredentials(subject.document);
    call.redirect(
      isNewApp && !parameters.flag('ContinueAfterSave')
        ? screenUrl('NextSteps', { ID: id, Notice: notice })
        : parameters.flag('ContinueAfterSave')
          ? screenUrl('EditTokenConfig', { ID: id, Notice: notice, ...counts })
          : overviewWith(notice, { ID: id, ...counts }),
    );
  } catch (error) {
    if (!(error instanceof SidecarError) || !CORRECTABLE.includes(error.code)) throw error;
    await showForm(call, subject, { form, failure: error });
  }
}
