import type { Adapters } from '../adapters/adapters.js';
import type { TokenConfigForm } from '../domain/configuration/form-fields.js';
import { faultsOf, type MailUses, type SignIn } from '../domain/configuration/microsoft-setup.js';
import type { ProviderTemplate } from '../domain/configuration/provider-template.js';
import { SidecarError } from '../errors.js';
import { inEnglish, type Phrase } from '../lib/phrase.js';
import { type Call, UsageError } from './command.js';

/** Finds a template by its name or by the name of its file, without regard to case. */
async function templateOf(adapters: Adapters, word: string): Promise<ProviderTemplate> {
  const all = await (await adapters.templates()).list();
  const found = all.find(({ name, filename }) =>
    [name, filename].some((one) => one.toLowerCase() === word.toLowerCase()),
  );
  if (found) return found;
  const names = all.map(({ name }) => name).join(', ');
  throw new SidecarError('unknown-template', { detail: `No template "${word}". Available: ${names}.` });
}

interface Start {
  template: ProviderTemplate;
  form: TokenConfigForm;
  uses: MailUses | null;
  warnings: Phrase[];
}

/** What --sign-in, --receive and --send choose; null: not a set-up of Microsoft 365. */
function usesOf(call: Call): { signIn: SignIn; uses: MailUses } | null {
  const signIn = call.text('sign-in') as SignIn | undefined;
  const receive = call.text('receive') as MailUses['receive'] | undefined;
  const send = call.text('send');
  if (signIn === undefined) {
    if (receive !== undefined || send !== undefined)
      throw new UsageError('--receive and --send need --sign-in.');
    return null;
  }
  for (const other of ['template', 'discover'])
    if (call.text(other) !== undefined) throw new UsageError(`Give either --sign-in or --${other}.`);
  return { signIn, uses: { receive: receive ?? 'imap', send: send !== 'no' } };
}

/**
 * The template of a new configuration, and the form that it opens with, before the options for its fields.
 * @throws UsageError; SidecarError unknown-template, discovery-failed
 */
export async function startOf(call: Call, adapters: Adapters, name: string): Promise<Start> {
  const [{ startAtMicrosoft, startFromIssuer }, { formOf }] = await Promise.all([
    import('../usecases/start-token-config.js'),
    import('../domain/configuration/token-config-form.js'),
  ]);
  const microsoft = usesOf(call);
  if (microsoft) {
    const choice = { ...microsoft, tenant: call.text('tenant')?.trim() ?? '' };
    const { TenantName, Receive } = faultsOf(choice);
    if (TenantName) throw new UsageError(`--tenant: ${inEnglish(TenantName)}`);
    if (Receive) throw new UsageError(inEnglish(Receive));
    const deps = { templates: await adapters.templates(), documents: await adapters.documents() };
    return { ...(await startAtMicrosoft(deps, choice, name)), uses: microsoft.uses };
  }
  const word = call.text('template');
  if (word === undefined) throw new UsageError('Give --template, or --sign-in for Microsoft 365.');
  const template = await templateOf(adapters, word);
  const issuer = call.text('discover');
  if (issuer === undefined)
    return { template, form: formOf(template.document, { name }), uses: null, warnings: [] };
  const documents = await adapters.documents();
  const { document, warnings } = await startFromIssuer({ documents }, template.document, issuer.trim());
  return { template, form: formOf(document, { name }), uses: null, warnings };
}
