import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { JWT_BEARER } from '../../plugin/domain/configuration/service-account.js';
import type { TokenConfigDocument } from '../../plugin/domain/configuration/token-config.js';

export const ACCOUNT = 'mail@project.iam.gserviceaccount.com';
export const CLIENT_ID = '112233445566778899001';

/** A key file as Google offers it, and the public key that belongs to it. */
export function keyFile(changes: Record<string, unknown> = {}): { content: Buffer; publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = {
    type: 'service_account',
    project_id: 'project',
    private_key_id: 'key-of-google-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: ACCOUNT,
    client_id: CLIENT_ID,
    token_uri: 'https://oauth2.googleapis.com/token',
    ...changes,
  };
  return { content: Buffer.from(JSON.stringify(file)), publicKey };
}

/** A configuration of a service account, as the template makes it. */
export const serviceAccount = (
  { Mailbox = 'support@example.com', ...key }: Record<string, string> = {},
  url = 'https://oauth2.googleapis.com/token',
): TokenConfigDocument => ({
  AuthFlow: 'ClientCredentials',
  ClientID: CLIENT_ID,
  ClientSecret: '',
  Scope: 'https://mail.google.com/',
  Notifications: { NotifyOnExpiredToken: 0 },
  Sidecar: { Mailbox, ...(Object.keys(key).length > 0 ? { ServiceAccount: key } : {}) },
  Requests: {
    TokenByClientCredentials: {
      Request: { URL: url, Parameters: { grant_type: JWT_BEARER }, AutofilledParametersMapping: {} },
      Response: { ParametersMapping: { access_token: 'Token', expires_in: 'TokenExpirationDate' } },
    },
  },
});
