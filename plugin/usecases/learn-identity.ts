import type { Clock } from '../domain/clock.js';
import type { TokenConfig, TokenConfigDocument } from '../domain/configuration/token-config.js';
import { type Identity, identityOf, judgeIdToken } from '../domain/consent/identity.js';
import type { IdentityStore } from '../domain/consent/identity-store.js';
import type { ProviderDocuments } from '../domain/provider/provider-documents.js';
import { SidecarError } from '../errors.js';
import { nonceOf } from '../lib/hash.js';
import { claimsOf } from '../lib/jwt.js';

const authorizationEndpoint = (document: TokenConfigDocument) =>
  String(document.Requests?.AuthorizationCode?.Request?.URL ?? '');

/**
 * Returns who consented, from the ID token in the answer.
 * @param state of this consent, from which its nonce is derived
 * @returns null if there is no ID token or no reliable one
 * @throws SidecarError identity-forged: it was made for another client or another request; issuer-mismatch
 */
export function identityFromIdToken(
  document: TokenConfigDocument,
  idToken: unknown,
  state: string,
  now: Date,
): Identity | null {
  if (idToken === undefined) return null;
  const verdict = judgeIdToken(claimsOf(idToken), {
    clientId: String(document.ClientID ?? ''),
    issuer: document.Sidecar?.Issuer,
    authorizationEndpoint: authorizationEndpoint(document),
    nonce: nonceOf(state),
    now,
  });
  if (verdict.kind === 'forged')
    throw new SidecarError(verdict.claim === 'iss' ? 'issuer-mismatch' : 'identity-forged', {
      log: `ID token: ${verdict.claim}`,
    });
  return verdict.kind === 'good' ? verdict.identity : null;
}

const hasName = (identity: Identity | null) =>
  identity !== null && (identity.login ?? identity.email) !== null;

export interface UserInfoDeps {
  documents: Pick<ProviderDocuments, 'userInfo'>;
  identities: Pick<IdentityStore, 'save'>;
  clock: Clock;
}

/**
 * Stores who consented, from the user info endpoint in the document, if the ID token gives no name. OpenID
 * Connect Core §5.3.2: both must have the same subject. The token is already stored, so a missing identity is
 * not a failure.
 * @param claimed by the ID token; stored with the token
 */
export async function askUserInfo(
  deps: UserInfoDeps,
  { id, document }: Pick<TokenConfig, 'id' | 'document'>,
  accessToken: string,
  claimed: Identity | null,
): Promise<void> {
  const url = document.Sidecar?.UserInfoURL;
  if (!url || hasName(claimed)) return;
  const claims = await deps.documents.userInfo(url, accessToken);
  const origin = URL.canParse(url) ? new URL(url).origin : url;
  const told = claims && identityOf(claims, claimed?.issuer ?? document.Sidecar?.Issuer ?? origin);
  if (!told || (claimed && told.subject !== claimed.subject)) return;
  await deps.identities.save(id, told, deps.clock()).catch(() => undefined);
}
