import { isThumbprint } from './certificates.js';
import { scopeList } from './scopes.js';
import type { TokenConfigDocument } from './token-config.js';

/** The grant with which an assertion alone gets a token (RFC 7523 §2.1). */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A service account of Google and the mailbox that it acts for; its private key is not in the database. */
export interface ServiceAccount {
  /** SHA-256 of the public key in base64url: the name of the key's file; '' before a key was imported. */
  key: string;
  /** The ID that Google gave the key. */
  keyId: string;
  /** The account's e-mail address, which issues the assertion. */
  account: string;
  /** The address of the mailbox, `sub` of the assertion. */
  mailbox: string;
}

/** Does the configuration get its tokens with assertions of a service account? */
export const isServiceAccount = ({ AuthFlow, Requests }: TokenConfigDocument): boolean =>
  AuthFlow === 'ClientCredentials' &&
  Requests?.TokenByClientCredentials?.Request?.Parameters?.grant_type === JWT_BEARER;

/** The service account of a document; null: the document is of another kind. Others may have edited its values. */
export function serviceAccountOf(document: TokenConfigDocument): ServiceAccount | null {
  if (!isServiceAccount(document)) return null;
  const stored: unknown = document.Sidecar?.ServiceAccount;
  const values = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof values[name] === 'string' ? String(values[name]) : '');
  const mailbox = String(document.Sidecar?.Mailbox ?? '');
  const key = isThumbprint(text('Key')) ? text('Key') : '';
  return { key, keyId: text('KeyID'), account: text('Account'), mailbox };
}

/** Does the change let a token that is stored be one of another mailbox? */
export const otherMailbox = (before: TokenConfigDocument, after: TokenConfigDocument): boolean =>
  serviceAccountOf(before) !== null && serviceAccountOf(before)?.mailbox !== serviceAccountOf(after)?.mailbox;

/** The document with another key; the mailbox stays. */
export const withServiceAccountKey = (
  document: TokenConfigDocument,
  { key, keyId, account }: Pick<ServiceAccount, 'key' | 'keyId' | 'account'>,
): TokenConfigDocument => ({
  ...document,
  Sidecar: {
    ...document.Sidecar,
    ServiceAccount: { Account: account, KeyID: keyId, Key: key },
  },
});

/** What an administrator of Google Workspace pastes under domain-wide delegation. */
export const delegationOf = (document: TokenConfigDocument): { clientId: string; scopes: string } => ({
  clientId: String(document.ClientID ?? ''),
  scopes: scopeList(String(document.Scope ?? '')).join(','),
});
