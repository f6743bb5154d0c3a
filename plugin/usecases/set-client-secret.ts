import { setTimeout as pause } from 'node:timers/promises';
import { isClientCredentials } from '../domain/configuration/auth-flow.js';
import { writeField } from '../domain/configuration/field-values.js';
import { FORM_FIELDS } from '../domain/configuration/form-fields.js';
import { isServiceAccount } from '../domain/configuration/service-account.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import { formOf } from '../domain/configuration/token-config-form.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import { validateForm } from '../domain/configuration/validate-form.js';
import { SidecarError } from '../errors.js';
import { onlyWith } from './only-with.js';
import { type RefreshTokenDeps, refreshToken } from './refresh-token.js';

export interface SetClientSecretDeps extends RefreshTokenDeps {
  tokenConfigs: Pick<TokenConfigStore, 'byId' | 'update'>;
}

interface NewClientSecret {
  secret: string;
  /** `YYYY-MM-DD`; '' if it is unknown. The stored date belongs to the old secret and is replaced in any case. */
  expires: string;
}

export interface SetClientSecretInput extends NewClientSecret {
  configId: number;
  userId: number;
  /** Stores it without trying it at the provider. */
  untested?: boolean;
  /** Called when the provider has accepted the new secret; a later failure is one of storing it. */
  accepted?: () => void;
}

/** How often it tries again if somebody else renews the token or changes the configuration meanwhile. */
const TRIES = 5;
/** In milliseconds. */
const BETWEEN_TRIES = 1000;

async function stored({ tokenConfigs }: SetClientSecretDeps, id: number): Promise<TokenConfig> {
  const config = await tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  return config;
}

/** The fields that the two values belong to; only these are checked and written. */
const FIELDS = FORM_FIELDS.filter(({ name }) => name === 'ClientSecret' || name === 'ClientSecretExpires');

/** @throws SidecarError invalid-token-config with fields */
function check(
  { clock }: SetClientSecretDeps,
  config: TokenConfig,
  { secret, expires }: NewClientSecret,
): void {
  const { document } = config;
  // The trial would succeed by the key, and the secret would never be used.
  if (isServiceAccount(document))
    throw new SidecarError('invalid-token-config', {
      detail:
        'A service account has no client secret. Import its key: znuny-oauth2 help service-account import',
    });
  const form = { ...formOf(document, config), ClientSecret: secret, ClientSecretExpires: expires };
  const faults = Object.entries(validateForm(form, { document, stored: true, now: clock() })).filter(([id]) =>
    FIELDS.some(({ name }) => name === id),
  );
  if (faults.length > 0)
    throw new SidecarError('invalid-token-config', { fields: Object.fromEntries(faults) });
}

/** Can the provider be asked for a token without a person? */
async function canBeTried(
  deps: Pick<SetClientSecretDeps, 'tokens'>,
  { id, document }: TokenConfig,
): Promise<boolean> {
  return isClientCredentials(document) || (await deps.tokens.get(id)).refreshToken !== null;
}

/**
 * One renewal with the new secret alone, under the lease and through the journal like every other. A certificate, which
 * is otherwise tried first, would prove nothing about the secret.
 */
async function tryAtProvider(deps: SetClientSecretDeps, input: SetClientSecretInput): Promise<void> {
  const { configId, userId, secret } = input;
  const endpoint = onlyWith(deps.endpoint, [], true);
  for (let tries = 1; ; tries++) {
    const last = tries === TRIES;
    try {
      const asked = { configId, userId, actor: userId, force: true, isTrial: true, trialSecret: secret };
      const { outcome } = await refreshToken({ ...deps, endpoint }, asked);
      // Stored by somebody else in the meantime, with the old secret: that proves nothing.
      if (outcome === 'renewed') return;
      if (last) throw new SidecarError('renewal-running');
    } catch (error) {
      if (last || !(error instanceof SidecarError) || error.code !== 'renewal-running') throw error;
    }
    await (deps.pause ?? pause)(BETWEEN_TRIES);
  }
}

async function store(deps: SetClientSecretDeps, input: SetClientSecretInput): Promise<void> {
  const { configId, userId, secret, expires } = input;
  for (let tries = 1; ; tries++) {
    const config = await stored(deps, configId);
    const document = FIELDS.reduce(
      (changed, field) => writeField(changed, field, field.kind === 'secret' ? secret : expires),
      config.document,
    );
    try {
      await deps.tokenConfigs.update(config, { ...config, document }, userId);
      break;
    } catch (error) {
      // Somebody changed another value in the meantime; that change stays.
      if (tries === TRIES || !(error instanceof SidecarError) || error.code !== 'edit-conflict') throw error;
    }
  }
  await deps.caches.forgetTokenConfigs();
}

/**
 * Replaces the client secret of a configuration after the provider has accepted the new one: the token is renewed
 * with it first. Until then the old secret stays, and so does the stored token. A new token that arrives is stored
 * like every renewal, so that none is lost if the process ends before the secret is stored.
 * @returns whether the secret was tried
 * @throws SidecarError unknown-token-config; invalid-token-config with fields; no-refresh-token: it cannot be tried
 *   without a consent; renewal-running, answer-waiting, and those of the provider: nothing was changed
 */
export async function setClientSecret(
  deps: SetClientSecretDeps,
  input: SetClientSecretInput,
): Promise<'tried' | 'not-tried'> {
  const config = await stored(deps, input.configId);
  check(deps, config, input);
  if (input.untested) {
    await store(deps, input);
    return 'not-tried';
  }
  if (!(await canBeTried(deps, config))) throw new SidecarError('no-refresh-token');
  await tryAtProvider(deps, input);
  input.accepted?.();
  await store(deps, input);
  return 'tried';
}
