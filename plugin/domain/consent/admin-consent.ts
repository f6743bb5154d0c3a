import { requestKindsOf } from '../configuration/auth-flow.js';
import { shownValue } from '../configuration/document-secrets.js';
import { endpointOf } from '../configuration/microsoft-tenant.js';
import type { TokenConfigDocument } from '../configuration/token-config.js';

/** Distinguishes the state of an admin consent from that of a consent; no random state contains a dot. */
const MARK = 'admin.';

/** The state of an admin consent. */
export const adminConsentState = (random: string): string => `${MARK}${random}`;

/** Does an answer with this state belong to an admin consent? */
export const isAdminConsentState = (state: string): boolean => state.startsWith(MARK);

/** Where an administrator grants the app what it asks for in the whole tenant. */
export interface AdminConsent {
  /** The endpoint, without parameters. */
  url: string;
  tenant: string;
}

/**
 * Microsoft's endpoint for admin consent, in the tenant and the cloud of the configuration's other endpoints
 * (learn.microsoft.com/entra/identity-platform/v2-admin-consent, read on 2026-11-29).
 * @returns null: the configuration is not Microsoft's, or names no tenant that has an administrator
 */
export function adminConsentOf(document: TokenConfigDocument): AdminConsent | null {
  for (const kind of requestKindsOf(document)) {
    const found = endpointOf(shownValue(String(document.Requests?.[kind]?.Request?.URL ?? '')));
    if (!found) continue;
    const { base, tenant } = found;
    if (/^(common|consumers)$/i.test(tenant)) return null;
    return { url: `${base}${tenant}/v2.0/adminconsent`, tenant };
  }
  return null;
}
