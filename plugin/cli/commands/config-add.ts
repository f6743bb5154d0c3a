import type { Adapters } from '../../adapters/adapters.js';
import {
  type MailUses,
  permissionsOf,
  RECEIVES,
  SIGN_INS,
} from '../../domain/configuration/microsoft-setup.js';
import type { TokenConfigDocument } from '../../domain/configuration/token-config.js';
import { SidecarError } from '../../errors.js';
import { inEnglish } from '../../lib/phrase.js';
import { type Call, type Command, JSON_OPTION, USER_OPTION } from '../command.js';
import { documentPairs } from '../config-views.js';
import { EXIT } from '../exit-codes.js';
import { faultsByOption, fillForm, formOptions, PARAMETER_SECTIONS } from '../form-options.js';
import { actorOf } from '../lookup.js';
import { readSecret } from '../read-secret.js';
import { startOf } from '../start-of-config.js';

/** What to register at the provider, and what is wrong with the redirect URI. */
async function registrationOf(adapters: Adapters, document: TokenConfigDocument, uses: MailUses | null) {
  const [
    { redirectUri, redirectWarnings },
    { providerOf, tokenUrl },
    { isClientCredentials },
    { isInEntra },
    { scopeList },
  ] = await Promise.all([
    import('../../domain/consent/redirect-uri.js'),
    import('../../domain/provider/provider.js'),
    import('../../domain/configuration/auth-flow.js'),
    import('../../domain/configuration/microsoft-setup.js'),
    import('../../domain/configuration/scopes.js'),
  ]);
  const settings = await (await adapters.settings()).current();
  const { scripts } = await (await adapters.abilities())();
  const withoutPerson = isClientCredentials(document);
  const warnings = withoutPerson
    ? []
    : redirectWarnings(settings, scripts, providerOf(tokenUrl(document))).map(
        ({ text, command }) => `${inEnglish(text)} ${command}`,
      );
  const permissions = isInEntra(document)
    ? permissionsOf(document, scopeList(String(document.Scope ?? '')), uses).map(({ name }) => name)
    : [];
  return { redirectUri: withoutPerson ? null : redirectUri(settings), permissions, warnings };
}

export const command: Command = {
  summary: 'Adds a token configuration from a template, with everything that the form can set',
  details:
    'The client secret is read from standard input or from a file, never from an argument, which every user of the machine could see. The checks are those of the form; if one fails, nothing is added (exit code 1). For Microsoft 365, --sign-in takes the place of --template: it chooses template, scopes and permissions by who signs in and what the mailbox is for.',
  arguments: [{ name: 'name', description: 'name of the configuration; outbound e-mail refers to it' }],
  options: {
    template: {
      value: 'TEMPLATE',
      description: 'name of the template, such as "Google Mail"; an unknown one lists them',
    },
    'sign-in': { value: 'WHO', description: 'Microsoft 365: who signs in', choices: SIGN_INS },
    receive: {
      value: 'HOW',
      description: 'Microsoft 365: how the helpdesk receives mail; default: imap',
      choices: RECEIVES,
    },
    send: {
      value: 'yes|no',
      description: 'Microsoft 365: whether the helpdesk sends mail through this mailbox; default: yes',
      choices: ['yes', 'no'],
    },
    discover: {
      value: 'ISSUER',
      description: 'look up endpoints and scopes at this issuer, for --template "Other provider"',
    },
    ...formOptions(),
    'dry-run': { description: 'check everything and show what would be added' },
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  words: { title: 'Sections of --parameter', lines: PARAMETER_SECTIONS },
  examples: [
    [
      'config add "Support mailbox" --sign-in tenant --tenant example.com --client-id 1b2c3d4e-1111-2222-3333-444455556666 < secret.txt',
      'Microsoft 365, received by IMAP, sent by SMTP',
    ],
    [
      'config add "Sales mailbox" --template "Google Mail" --client-id 1234.apps.googleusercontent.com --client-secret-file secret.txt --dry-run',
      'checks it and adds nothing',
    ],
    [
      'config add "Own provider" --template "Other provider" --discover https://login.example.com --client-id mail --client-secret-file secret.txt',
      'endpoints as the provider publishes them',
    ],
  ],
  async run(call) {
    const { out, flag } = call;
    const name = (call.arguments[0] ?? '').trim();
    // Read it first, with root's rights: the next step may drop them.
    const secret = await readSecret(call.text('client-secret-file'), 'client-secret-file');
    const adapters = call.helpdesk();
    const { template, form: started, uses, warnings } = await startOf(call, adapters, name);
    const form = { ...fillForm(started, template.document, call), ClientSecret: secret };
    const [{ applyForm }, { checkTokenConfig, saveTokenConfig }] = await Promise.all([
      import('../../domain/configuration/token-config-form.js'),
      import('../../usecases/save-token-config.js'),
    ]);
    const deps = {
      tokenConfigs: await adapters.tokenConfigs(),
      usages: await adapters.usages(),
      caches: await adapters.caches(),
      clock: adapters.clock,
    };
    const input = { form, template: { name: template.name, document: template.document } };
    const document = { ...applyForm(template.document, form), TemplateName: template.name };
    const userId = await actorOf(call, adapters);
    let id: number | null = null;
    try {
      if (flag('dry-run')) await checkTokenConfig(deps, input);
      else {
        await adapters.ready();
        id = await saveTokenConfig(deps, { ...input, userId });
      }
    } catch (error) {
      if (!(error instanceof SidecarError) || Object.keys(error.fields).length === 0) throw error;
      throw new SidecarError(error.code, {
        cause: error,
        detail: 'Nothing was added.',
        fields: faultsByOption(error.fields, form.rows),
      });
    }
    const registration = await registrationOf(adapters, document, uses);
    const remarks = [...warnings.map(inEnglish), ...registration.warnings];
    if (flag('json')) {
      const { withoutSecrets } = await import('../../domain/configuration/document-secrets.js');
      const { redirectUri, permissions } = registration;
      out.json({ id, name, redirectUri, permissions, warnings: remarks, config: withoutSecrets(document) });
      return EXIT.ok;
    }
    print(call, { id, name, document, registration });
    for (const text of remarks) out.warn(text);
    return EXIT.ok;
  },
};

function print(
  { out }: Call,
  added: {
    id: number | null;
    name: string;
    document: TokenConfigDocument;
    registration: Awaited<ReturnType<typeof registrationOf>>;
  },
): void {
  const { id, name, document, registration } = added;
  const { redirectUri, permissions } = registration;
  out.line(id === null ? `"${name}" can be added. Nothing was added.` : `Added: "${name}" has ID ${id}.`);
  out.pairs([
    ...(id === null ? documentPairs({ document }, false) : []),
    ['Redirect URI', redirectUri],
    ['Permissions to add', permissions.join(', ')],
  ]);
  if (id === null) return;
  out.line(
    redirectUri === null
      ? 'The sidecar requests the first token within a minute.'
      : `Register the redirect URI at the provider. Then request the consent: znuny-oauth2 token authorize-url ${id} --user LOGIN`,
  );
}
