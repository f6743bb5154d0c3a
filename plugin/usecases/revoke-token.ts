import type { Clock } from '../domain/clock.js';
import { renewalKindOf } from '../domain/configuration/auth-flow.js';
import { certificatesOf } from '../domain/configuration/certificates.js';
import type { TokenConfigDocument } from '../domain/configuration/token-config.js';
import { parameterFor } from '../domain/consent/build-request.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import { tokenUrl } from '../domain/provider/provider.js';
import type { ProviderDocuments } from '../domain/provider/provider-documents.js';
import { ProviderError } from '../domain/provider/provider-error.js';
import { type RevocationEndpoint, revocationUrl } from '../domain/provider/revocation.js';
import type { AnswerJournal } from '../domain/token/answer-journal.js';
import type { RenewalStore } from '../domain/token/renewal-store.js';
import type { StoredToken } from '../domain/token/token.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { SidecarError } from '../errors.js';
import { mayBeOlder, type QuietDeps, quietEnds } from './quiet-end.js';
import { takeLease } from './renewal-lease.js';
import { asSidecarError } from './request-token.js';

export interface RevokeTokenDeps extends QuietDeps {
  renewals: Pick<RenewalStore, 'one' | 'acquire' | 'takeOver' | 'extend' | 'release'>;
  journal: Pick<AnswerJournal, 'isAnswered' | 'isLocked'>;
  tokens: Pick<TokenStore, 'clear'>;
  revocation: RevocationEndpoint;
  documents: Pick<ProviderDocuments, 'discover'>;
  caches: HelpdeskCaches;
  clock: Clock;
  /** Identifies this process in leases. */
  holder: string;
}

export interface RevokeTokenInput {
  configId: number;
  userId: number;
  /** The user that the history names. */
  actor: number | null;
  /** Only delete the stored tokens: for providers without revocation. */
  storedOnly?: boolean;
}

/**
 * The revocation endpoint from the document, the provider's own rule, or the issuer's metadata; null: none,
 * or the issuer does not answer.
 */
export async function findRevocationUrl(
  { documents }: Pick<RevokeTokenDeps, 'documents'>,
  document: TokenConfigDocument,
): Promise<string | null> {
  const known = revocationUrl(document);
  const issuer = document.Sidecar?.Issuer;
  if (known !== null || !issuer) return known;
  try {
    return (await documents.discover(issuer)).revocationEndpoint;
  } catch (error) {
    if (error instanceof SidecarError && error.code === 'discovery-failed') return null;
    throw error;
  }
}

/**
 * Sends the refresh token, because with it the provider ends the whole grant (RFC 7009 §2.1); the access
 * token if there is none.
 */
async function tellProvider(
  deps: RevokeTokenDeps,
  document: TokenConfigDocument,
  url: string,
  { refreshToken, accessToken }: StoredToken,
) {
  const kind = renewalKindOf(document);
  const token = refreshToken ?? accessToken ?? '';
  const secret = String(document.ClientSecret ?? '');
  await deps.revocation.revoke({
    url,
    // RFC 7523 §3 names the token endpoint, whichever endpoint the assertion is sent to.
    audience: tokenUrl(document),
    parameters: { token, token_type_hint: refreshToken ? 'refresh_token' : 'access_token' },
    client: {
      id: String(document.ClientID ?? ''),
      secret,
      idParameter: parameterFor(document, kind, 'ClientID') ?? 'client_id',
      secretParameter: parameterFor(document, kind, 'ClientSecret') ?? 'client_secret',
      certificates: certificatesOf(document).map(({ thumbprint }) => thumbprint),
    },
    secrets: [token, secret].filter((value) => value.length > 7),
  });
}

/**
 * Ends a grant: revokes it at the provider (RFC 7009) and, only after that succeeded, deletes the stored
 * tokens. Holds the renewal's lease, so that no renewal stores a new token meanwhile.
 * @returns nothing-stored: there was no token
 * @throws SidecarError unknown-token-config, no-revocation, renewal-running, answer-waiting, and those of the
 *   provider: the tokens stay
 */
export async function revokeToken(
  deps: RevokeTokenDeps,
  { configId, userId, actor, storedOnly = false }: RevokeTokenInput,
): Promise<'revoked' | 'forgotten' | 'nothing-stored'> {
  if (!(await deps.renewals.one(configId))) throw new SidecarError('unknown-token-config');
  if (!storedOnly) await quietEnds(deps);
  const startedAt = deps.clock();
  const before = await deps.renewals.one(configId);
  // The stored token has already been exchanged: its successor would outlive the revocation. An earlier process may have
  // left the answer.
  if (before && (await deps.journal.isAnswered(before.token))) throw new SidecarError('answer-waiting');
  const lease = await takeLease(deps, configId, true);
  if (!lease) throw new SidecarError('renewal-running');
  let settled = false;
  try {
    const row = await deps.renewals.one(configId);
    if (!row) throw new SidecarError('unknown-token-config');
    const { config, token } = row;
    if (!token.accessToken && !token.refreshToken) return 'nothing-stored';
    if (!storedOnly) {
      const url = await findRevocationUrl(deps, config.document);
      if (url === null) throw new SidecarError('no-revocation');
      // A provider may report success for a refresh token that was exchanged, while its successor keeps working.
      if (await mayBeOlder(deps)) throw new SidecarError('renewal-running');
      await tellProvider(deps, config.document, url, token);
    }
    const at = deps.clock();
    const event = {
      at,
      actor,
      what: 'revocation',
      outcome: 'ok',
      code: storedOnly ? 'stored_only' : null,
      durationMs: at.getTime() - startedAt.getTime(),
    } as const;
    // The helpdesk's Perl takes no lease: do not delete a token that it has stored at this very moment.
    if (!(await deps.tokens.clear(token, userId, event))) throw new SidecarError('renewal-running');
    settled = true;
    await deps.caches.forgetTokenConfigs();
    return storedOnly ? 'forgotten' : 'revoked';
  } catch (error) {
    throw error instanceof ProviderError ? asSidecarError(error) : error;
  } finally {
    await lease.release(lease.leftBehind && !settled);
  }
}
