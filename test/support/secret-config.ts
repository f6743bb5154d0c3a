import type { TokenConfigDocument } from '../../plugin/domain/configuration/token-config.js';

/** Each one is as distinctive as a real secret; none of them may appear anywhere. */
export const SECRETS = {
  clientSecret: 'Cs~4711.aBcDeFgHiJkLmNoPqRsTuVwXyZ',
  fixedSecret: 'Fx~0815/secret+of=a.parameter',
  assertion: 'As-s3rt10n_that-signs.the~client',
  password: 'pa\'ss"wörd & <more> of it',
  inAddress: 'Ad-dr3ss~query.secret',
  userInfo: 'Us-er1nfo~secret',
  key: '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----',
  nested: 'Ne-st3d~in.a.map',
  listed: 'Li-st3d~in.a.list',
} as const;

/** A document that holds secrets wherever somebody may have put them. */
export const SECRET_DOCUMENT: TokenConfigDocument = {
  ClientID: 'client',
  ClientSecret: SECRETS.clientSecret,
  Scope: 'mail',
  TemplateName: 'Google Mail',
  Notifications: { NotifyOnExpiredToken: 1, NotifyOnExpiredRefreshToken: 0 },
  Requests: {
    AuthorizationCode: {
      Request: {
        URL: `https://user:${SECRETS.userInfo}@provider.example/auth?prompt=login`,
        Parameters: { prompt: 'login', password: SECRETS.password },
        AutofilledParametersMapping: { client_id: 'ClientID', state: 'State' },
      },
      Response: { ParametersMapping: { code: 'AuthorizationCode', state: 'State' } },
    },
    TokenByAuthorizationCode: {
      Request: {
        URL: `https://provider.example/token?a=1&client%5Fsecret=${SECRETS.inAddress}&b=2`,
        Parameters: { grant_type: 'authorization_code', client_secret: SECRETS.fixedSecret },
        AutofilledParametersMapping: { client_id: 'ClientID', code: 'AuthorizationCode' },
      },
      Response: { ParametersMapping: { access_token: 'Token', refresh_token: 'RefreshToken' } },
    },
    TokenByRefreshToken: {
      Request: {
        URL: 'https://provider.example/token',
        Parameters: { grant_type: 'refresh_token', client_assertion: SECRETS.assertion },
        AutofilledParametersMapping: { client_secret: 'ClientSecret', refresh_token: 'RefreshToken' },
      },
      Response: { ParametersMapping: { access_token: 'Token' } },
    },
  },
  SomethingElse: { note: SECRETS.key, credentials: { of: SECRETS.nested }, api_keys: 1, tokens: 2 },
  client_secrets: 'no secret by name',
  passwords: 3,
  ApiKey: [SECRETS.listed],
} as TokenConfigDocument;

/** The forms in which a text may appear in a page, an address, a log or a file. */
const written = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ s: secret }).toString().slice(2),
  JSON.stringify(secret).slice(1, -1),
  secret
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#x27;'),
  Buffer.from(secret).toString('base64').slice(0, -4),
  Buffer.from(secret).toString('base64url').slice(0, -4),
  Buffer.from(secret).toString('hex'),
  // A folded line of YAML.
  secret.replace(/\n/g, '\n\n'),
];

/** Names of the secrets that a text holds in any form. */
export const secretsIn = (text: string): string[] =>
  Object.entries(SECRETS).flatMap(([name, secret]) =>
    written(secret).some((form) => text.includes(form)) || (name === 'key' && text.includes('MIIEvQIBADANBg'))
      ? [name]
      : [],
  );
