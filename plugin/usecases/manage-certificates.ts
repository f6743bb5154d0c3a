import { isClientCredentials } from '../domain/configuration/auth-flow.js';
import {
  type ClientCertificate,
  certificatesOf,
  withCertificates,
} from '../domain/configuration/certificates.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { CertificateFacts, ClientKeys } from '../domain/provider/client-keys.js';
import { providerOf, tokenUrl } from '../domain/provider/provider.js';
import { SidecarError } from '../errors.js';
import { onlyWith } from './only-with.js';
import { type RefreshTokenDeps, refreshToken } from './refresh-token.js';

export interface CertificateDeps {
  tokenConfigs: Pick<TokenConfigStore, 'byId' | 'mentions' | 'update'>;
  keys: Pick<ClientKeys, 'create' | 'take' | 'remove'>;
  caches: Pick<HelpdeskCaches, 'forgetTokenConfigs'>;
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

async function change(
  deps: CertificateDeps,
  config: TokenConfig,
  certificates: readonly ClientCertificate[],
  userId: number,
): Promise<void> {
  const { name, validId } = config;
  const document = withCertificates(config.document, certificates);
  await deps.tokenConfigs.update(config, { name, document, validId }, userId);
  await deps.caches.forgetTokenConfigs();
}

/**
 * Puts a certificate, whose key is stored, in front of those that the configuration has. It is tried first at each
 * request; until the provider knows it, the others and the client secret keep working.
 * @throws SidecarError unknown-token-config, edit-conflict, value-too-long
 */
async function addCertificate(
  deps: CertificateDeps,
  { configId, facts, userId }: { configId: number; facts: CertificateFacts; userId: number },
): Promise<void> {
  const config = await deps.tokenConfigs.byId(configId);
  if (!config) throw new SidecarError('unknown-token-config');
  const others = certificatesOf(config.document).filter(({ thumbprint }) => thumbprint !== facts.thumbprint);
  const added = { thumbprint: facts.thumbprint, expires: dayOf(facts.validTo) };
  await change(deps, config, [added, ...others], userId);
}

export interface NewCertificate {
  configId: number;
  userId: number;
  /** Also where the token endpoint is not Microsoft's. */
  anyProvider: boolean;
}

/**
 * Microsoft rejects a certificate that it does not know in a way that lets the next credential be tried. Another provider
 * may refuse the whole request.
 * @throws SidecarError unknown-token-config, certificate-unusable
 */
async function checkProvider(
  { tokenConfigs }: CertificateDeps,
  { configId, anyProvider }: NewCertificate,
): Promise<void> {
  const config = await tokenConfigs.byId(configId);
  if (!config) throw new SidecarError('unknown-token-config');
  if (anyProvider || providerOf(tokenUrl(config.document)) === 'microsoft') return;
  throw new SidecarError('certificate-unusable', {
    detail:
      'The token endpoint is not one of Microsoft. Another provider may refuse each request until it knows the certificate, even where a client secret is stored. --any-provider adds it all the same.',
  });
}

/** Adds a certificate whose key was just stored. If that fails, the key is removed again. */
async function addOrRemove(
  deps: CertificateDeps,
  given: { configId: number; facts: CertificateFacts; userId: number },
): Promise<CertificateFacts> {
  const { facts } = given;
  try {
    await addCertificate(deps, given);
  } catch (error) {
    // The database may have stored it even if its response was lost, and a copy may use it: then the key is needed.
    const isListed = await deps.tokenConfigs.mentions(facts.thumbprint).catch(() => true);
    if (!isListed) await deps.keys.remove(facts.thumbprint).catch(() => undefined);
    throw error;
  }
  return facts;
}

/**
 * Makes a key with its certificate and puts it in front of the others. If that fails, the key is removed again.
 * @throws SidecarError certificate-unusable, and those of `addCertificate`
 */
export async function createCertificate(
  deps: CertificateDeps,
  { days, ...given }: NewCertificate & { days: number },
): Promise<CertificateFacts> {
  await checkProvider(deps, given);
  return addOrRemove(deps, { ...given, facts: await deps.keys.create(days) });
}

/**
 * Stores an existing key with its certificate and puts it in front of the others. If that fails, the key is removed again.
 * @throws SidecarError certificate-unusable, and those of `addCertificate`
 */
export async function importCertificate(
  deps: CertificateDeps,
  { content, password, now, ...given }: NewCertificate & { content: Uint8Array; password: string; now: Date },
): Promise<CertificateFacts> {
  await checkProvider(deps, given);
  return addOrRemove(deps, { ...given, facts: await deps.keys.take(content, password, now) });
}

/** What an attempt tries, to be compared. */
const credentials = ({ document }: TokenConfig): string =>
  JSON.stringify([document.ClientID, document.ClientSecret, certificatesOf(document)]);

/** What is removed: a certificate by its thumbprint, or the client secret. */
export type Removed = { thumbprint: string } | 'client-secret';

/**
 * Removes a certificate with its key, or the client secret, after what remains was tried at the provider: the token is
 * renewed with nothing else. A refusal leaves the state of the configuration as it was.
 * @returns not-tried: there is no token to renew
 * @throws SidecarError unknown-token-config, certificate-unusable, edit-conflict, renewal-running, answer-waiting, and those
 *   of the provider; then nothing is removed
 */
export async function removeCredential(
  deps: CertificateDeps & RefreshTokenDeps,
  { configId, removed, userId }: { configId: number; removed: Removed; userId: number },
): Promise<'tried' | 'not-tried'> {
  const config = await deps.tokenConfigs.byId(configId);
  if (!config) throw new SidecarError('unknown-token-config');
  const before = certificatesOf(config.document);
  const thumbprint = removed === 'client-secret' ? '' : removed.thumbprint;
  const rest = before.filter((one) => one.thumbprint !== thumbprint);
  if (removed !== 'client-secret' && rest.length === before.length)
    throw new SidecarError('certificate-unusable', {
      detail: 'The token configuration has no certificate with this thumbprint.',
    });
  const hasSecret = removed !== 'client-secret' && Boolean(config.document.ClientSecret);
  if (rest.length === 0 && !hasSecret)
    throw new SidecarError('certificate-unusable', {
      detail:
        'Nothing would remain with which the app could sign in. Add another certificate or a client secret first.',
    });
  const ways = rest.map((one) => one.thumbprint);
  const isRenewable =
    isClientCredentials(config.document) || Boolean((await deps.tokens.get(configId)).refreshToken);
  if (isRenewable) {
    const endpoint = onlyWith(deps.endpoint, ways, hasSecret);
    const asked = { configId, userId, actor: userId, force: true, isTrial: true };
    const { outcome } = await refreshToken({ ...deps, endpoint }, asked);
    // Somebody else's renewal proves nothing about the ways that remain.
    if (outcome !== 'renewed') throw new SidecarError('renewal-running');
  }
  // The renewal has changed the token only, but somebody may have saved the form meanwhile.
  const current = (await deps.tokenConfigs.byId(configId)) ?? config;
  if (credentials(current) !== credentials(config)) throw new SidecarError('edit-conflict');
  const document = withCertificates(current.document, rest);
  if (removed === 'client-secret') {
    const { ClientSecretExpires: _day, ...options } = document.Sidecar ?? {};
    Object.assign(document, { ClientSecret: '', Sidecar: options });
  }
  await deps.tokenConfigs.update(current, { name: current.name, document, validId: current.validId }, userId);
  await deps.caches.forgetTokenConfigs();
  const tried = isRenewable ? 'tried' : 'not-tried';
  if (thumbprint === '') return tried;
  // A copy of the configuration may use the same key.
  if (!(await deps.tokenConfigs.mentions(thumbprint))) await deps.keys.remove(thumbprint);
  return tried;
}
