import { expect } from 'chai';
import {
  authorizationUrl,
  buildRequest,
  parameterFor,
} from '../../../../plugin/domain/consent/build-request.js';
import { documentOf } from '../../../support/samples.js';
import { SECRET_DOCUMENT, secretsIn } from '../../../support/secret-config.js';

const variables = { RedirectURL: 'https://helpdesk.example.org/otrs/cb.pl', State: 'state-1' };

describe('the request made from the document', () => {
  it('sends fixed and mapped parameters of the Microsoft template for a renewal, scope included', () => {
    const { url, parameters } = buildRequest(documentOf(), 'TokenByRefreshToken', {
      RefreshToken: 'refresh-0',
    });
    expect(url).to.equal('https://login.microsoftonline.com/common/oauth2/v2.0/token');
    expect(parameters).to.deep.equal({
      grant_type: 'refresh_token',
      client_id: 'client-1',
      client_secret: 'secret-of-client-1',
      refresh_token: 'refresh-0',
      scope:
        'https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/POP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access openid profile',
    });
  });

  it('asks Google for offline access and consent', () => {
    const request = buildRequest(documentOf('google-mail'), 'AuthorizationCode', variables);
    const url = new URL(authorizationUrl(request));
    expect(url.origin + url.pathname).to.equal('https://accounts.google.com/o/oauth2/v2/auth');
    expect(Object.fromEntries(url.searchParams)).to.deep.equal({
      response_type: 'code',
      access_type: 'offline',
      prompt: 'consent',
      client_id: 'client-1',
      redirect_uri: 'https://helpdesk.example.org/otrs/cb.pl',
      scope: 'https://mail.google.com/ openid email',
      state: 'state-1',
    });
  });

  it('uses the names of the mapping, however unusual, and prefers the mapping', () => {
    const document = documentOf('microsoft-common', {
      Requests: {
        TokenByRefreshToken: {
          Request: {
            URL: 'https://idp.example.org/t',
            Parameters: { grant_type: 'refresh_token', appid: 'fixed', resource: 42 },
            AutofilledParametersMapping: { appid: 'ClientID', app_key: 'ClientSecret', rt: 'RefreshToken' },
          },
        },
      },
    });
    expect(buildRequest(document, 'TokenByRefreshToken', { RefreshToken: 'r' }).parameters).to.deep.equal({
      grant_type: 'refresh_token',
      appid: 'client-1',
      app_key: 'secret-of-client-1',
      rt: 'r',
      resource: '42',
    });
    expect(parameterFor(document, 'TokenByRefreshToken', 'ClientSecret')).to.equal('app_key');
    expect(parameterFor(document, 'TokenByRefreshToken', 'Scope')).to.equal(undefined);
  });

  it('leaves out parameters without a value (RFC 6749 §3.1)', () => {
    const { parameters } = buildRequest(
      documentOf('microsoft-common', { Scope: '' }),
      'TokenByRefreshToken',
      {},
    );
    expect(parameters).to.have.keys('grant_type', 'client_id', 'client_secret');
  });

  it('never puts a secret or a token into the address, whatever the mapping says', () => {
    const document = documentOf();
    Object.assign(document.Requests?.AuthorizationCode?.Request ?? {}, {
      AutofilledParametersMapping: {
        client_id: 'ClientID',
        client_secret: 'ClientSecret',
        rt: 'RefreshToken',
        at: 'Token',
        state: 'State',
      },
    });
    const request = buildRequest(document, 'AuthorizationCode', {
      ...variables,
      RefreshToken: 'r-1',
      Token: 'a-1',
    });
    const url = authorizationUrl(request);
    expect(url).to.include('client_id=client-1').and.include('state=state-1');
    for (const secret of ['secret-of-client-1', 'r-1', 'a-1']) expect(url).not.to.include(secret);
  });

  it('never puts a secret into the address that is a fixed parameter or part of the endpoint', () => {
    const url = authorizationUrl(buildRequest(SECRET_DOCUMENT, 'AuthorizationCode', variables));
    expect(secretsIn(url)).to.deep.equal([]);
    expect(url).to.equal(
      'https://provider.example/auth?prompt=login&prompt=login&client_id=client&state=state-1',
    );
  });

  it('keeps the query of an endpoint, drops a fragment and encodes everything', () => {
    const request = { url: 'https://idp.example.org/a?tenant=x%20y#top', parameters: { scope: 'a b&c=d+é' } };
    expect(authorizationUrl(request, { state: 's' })).to.equal(
      'https://idp.example.org/a?tenant=x%20y&scope=a%20b%26c%3Dd%2B%C3%A9&state=s',
    );
  });

  it('can be made from an empty document', () => {
    expect(buildRequest({}, 'AuthorizationCode', variables)).to.deep.equal({ url: '', parameters: {} });
  });
});
