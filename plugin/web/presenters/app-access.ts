import { isClientCredentials } from '../../domain/configuration/auth-flow.js';
import { exchangeEnvironment } from '../../domain/configuration/microsoft-cloud.js';
import { isGuid } from '../../domain/configuration/microsoft-tenant.js';
import type { TokenConfig } from '../../domain/configuration/token-config.js';
import { adminConsentOf } from '../../domain/consent/admin-consent.js';
import type { TokenClaims } from '../../domain/consent/token-claims.js';
import {
  connectCommand,
  exchangeUser,
  grantCommand,
  registerCommand,
} from '../../domain/mailbox/exchange-lines.js';
import type { MailServers } from '../../domain/mailbox/mail-server.js';
import { PLACES, placeFor } from '../../domain/provider/causes/places.js';
import { phrase } from '../../lib/phrase.js';
import type { Reader } from '../reader.js';

export interface AppAccessFacts {
  config: TokenConfig;
  /** Of the stored token; null: none, or one that is not readable. */
  claims: TokenClaims | null;
  /** Is a token stored? */
  hasToken: boolean;
  /** As entered; '' if nothing was. */
  objectId: string;
  /** The mailboxes that the app opens. */
  mailboxes: readonly string[];
  servers: MailServers;
}

/** What is wrong with an entered object ID; '' if nothing is. Which of the two objects it belongs to, it does not show. */
function objectIdFault(objectId: string, clientId: string, { t }: Reader): string {
  if (objectId === '') return '';
  if (objectId.toLowerCase() === clientId.toLowerCase())
    return t(
      phrase(
        'This is the application (client) ID. Enter the object ID that the enterprise application shows.',
      ),
    );
  return isGuid(objectId) ? '' : t(phrase('Enter a GUID like 1b2c3d4e-1111-2222-3333-444455556666.'));
}

/**
 * How an app that signs in without a person gets its access at Microsoft: admin consent, then Exchange.
 * @returns null: the configuration is not of this kind
 */
export function presentAppAccess(facts: AppAccessFacts, reader: Reader) {
  const { config, claims, hasToken, objectId: entered, mailboxes, servers } = facts;
  const consent = isClientCredentials(config.document) ? adminConsentOf(config.document) : null;
  if (!consent) return null;
  const clientId = String(config.document.ClientID ?? '');
  const known = claims?.isApp ? claims.objectId : null;
  const fault = known ? '' : objectIdFault(entered, clientId, reader);
  const app = { clientId, objectId: known ?? (fault || entered === '' ? null : entered) };
  const user = exchangeUser(app);
  const uses = [
    ...(servers.receive.length > 0 ? ['receive' as const] : []),
    ...(servers.send ? ['send' as const] : []),
  ];
  const lines = [
    connectCommand(consent.tenant, exchangeEnvironment(config.document)),
    registerCommand(app, config.name),
    ...mailboxes.flatMap((mailbox) => uses.map((use) => grantCommand(mailbox, user, use))),
  ];
  return {
    tenant: consent.tenant,
    hasToken,
    /** What the stored token may do; null: its text cannot be read. */
    roles: claims ? claims.roles.join(', ') : null,
    hasRoles: (claims?.roles.length ?? 0) > 0,
    isReadable: claims !== null,
    objectId: app.objectId ?? '',
    fromToken: known !== null,
    entered,
    fault,
    /** All enterprise applications of the tenant; null: the address is not known in this cloud. */
    enterpriseApplications: placeFor({ place: PLACES.enterpriseApps }, config.document)?.url ?? null,
    ready: app.objectId !== null,
    lines: lines.join('\n'),
    hasMailboxes: mailboxes.length > 0,
  };
}
