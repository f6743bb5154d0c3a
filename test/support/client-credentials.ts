import type { TokenConfigDocument } from '../../plugin/domain/configuration/token-config.js';

/** As Znuny 7.2 and newer write a configuration whose client gets its tokens by its secret alone. */
export const clientCredentials = (
  url = 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token',
): TokenConfigDocument => ({
  AuthFlow: 'ClientCredentials',
  ClientID: 'client',
  ClientSecret: 'secret-of-the-client',
  Scope: 'https://outlook.office.com/.default',
  TemplateName: 'Microsoft Exchange Online',
  Notifications: { NotifyOnExpiredToken: 1 },
  Requests: {
    TokenByClientCredentials: {
      Request: {
        URL: url,
        Parameters: { grant_type: 'client_credentials' },
        AutofilledParametersMapping: {
          client_id: 'ClientID',
          client_secret: 'ClientSecret',
          scope: 'Scope',
        },
      },
      Response: {
        ParametersMapping: {
          access_token: 'Token',
          expires_in: 'TokenExpirationDate',
          error: 'ErrorMessage',
          error_description: 'ErrorDescription',
          error_codes: 'ErrorCode',
        },
      },
    },
  },
});
