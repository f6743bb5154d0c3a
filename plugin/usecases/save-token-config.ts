import type { Clock } from '../domain/clock.js';
import { withoutSecrets } from '../domain/configuration/document-secrets.js';
import type { TokenConfigForm } from '../domain/configuration/form-fields.js';
import type { TokenConfig, TokenConfigDocument } from '../domain/configuration/token-config.js';
import { applyForm } from '../domain/configuration/token-config-form.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import { type FormFault, validateForm } from '../domain/configuration/validate-form.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { UsageStore } from '../domain/mailbox/usage.js';
import { SidecarError } from '../errors.js';
import { sha256 } from '../lib/hash.js';
import { phrase } from '../lib/phrase.js';

export interface SaveTokenConfigDeps {
  tokenConfigs: TokenConfigStore;
  usages: UsageStore;
  caches: HelpdeskCaches;
  clock: Clock;
}

export type SaveTokenConfigInput = {
  form: TokenConfigForm;
  userId: number;
} & (
  | { config: TokenConfig; version: string; template?: undefined }
  | { template: { name: string; document: TokenConfigDocument }; config?: undefined }
);

/** Identifies what an admin saw when opening the form; reveals nothing about secrets. */
export function versionOf({ name, document, validId, changeTime }: TokenConfig): string {
  const visible = withoutSecrets(document);
  return `${changeTime.getTime()}-${sha256(JSON.stringify([name, validId, visible])).slice(0, 16)}`;
}

async function checkRename(deps: SaveTokenConfigDeps, config: TokenConfig, name: string): Promise<void> {
  // The helpdesk compares names without case.
  if (config.name.toLowerCase() === name.toLowerCase()) return;
  const usage = (await deps.usages.of([config])).get(config.id);
  if (!usage?.smtp) return;
  throw new SidecarError('name-in-use', {
    fields: {
      Name: phrase('SendmailModule::OAuth2TokenConfigName refers to this name. Change that setting first.'),
    },
  });
}

/**
 * Checks the form as `saveTokenConfig` does, and stores nothing.
 * @throws SidecarError invalid-token-config with fields
 */
export async function checkTokenConfig(
  deps: Pick<SaveTokenConfigDeps, 'clock' | 'tokenConfigs'>,
  {
    form,
    config,
    template,
  }: {
    form: TokenConfigForm;
    config?: TokenConfig | undefined;
    template?: { document: TokenConfigDocument } | undefined;
  },
): Promise<void> {
  const faults: FormFault = validateForm(form, {
    document: config?.document ?? template?.document ?? {},
    stored: Boolean(config),
    now: deps.clock(),
  });
  if (!faults.Name) {
    const other = await deps.tokenConfigs.byName(form.Name);
    if (other && other.id !== config?.id) {
      faults.Name = phrase('There is already a token configuration with this name.');
    }
  }
  if (Object.keys(faults).length > 0) throw new SidecarError('invalid-token-config', { fields: faults });
}

/**
 * Adds a configuration from a template, or changes one. The template's name is permanent, an empty client
 * secret keeps the stored one, and keys that the form does not know are kept.
 * @returns the configuration's ID
 * @throws SidecarError invalid-token-config with fields, name-in-use, edit-conflict, value-too-long
 */
export async function saveTokenConfig(
  deps: SaveTokenConfigDeps,
  input: SaveTokenConfigInput,
): Promise<number> {
  const { form, userId, config } = input;
  await checkTokenConfig(deps, input);
  let id: number;
  if (config) {
    if (input.version !== versionOf(config)) throw new SidecarError('edit-conflict');
    await checkRename(deps, config, form.Name);
    const document = applyForm(config.document, form);
    await deps.tokenConfigs.update(config, { name: form.Name, document, validId: form.ValidID }, userId);
    id = config.id;
  } else {
    const document = { ...applyForm(input.template.document, form), TemplateName: input.template.name };
    id = await deps.tokenConfigs.insert({ name: form.Name, document, validId: form.ValidID }, userId);
  }
  await deps.caches.forgetTokenConfigs();
  return id;
}
