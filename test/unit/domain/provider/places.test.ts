import { expect } from 'chai';
import { PLACES, placeFor, whereSentence } from '../../../../plugin/domain/provider/causes/places.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';
import { documentOf } from '../../../support/samples.js';

const ID = '11111111-2222-3333-4444-555555555555';
const microsoft = (host: string, ClientID = ID) => {
  const document = documentOf('microsoft-organizations');
  const text = JSON.stringify({ ...document, ClientID });
  return JSON.parse(text.replaceAll('login.microsoftonline.com', host)) as typeof document;
};
const urlOf = (document: ReturnType<typeof microsoft>, place: keyof typeof PLACES = 'secrets') =>
  placeFor({ place: PLACES[place] }, document)?.url;

describe('the place where the cause of a failure is corrected', () => {
  it('is the page of the app itself', () => {
    expect(urlOf(microsoft('login.microsoftonline.com'))).to.equal(
      `https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/${ID}`,
    );
  });

  it('is the list of apps where the client ID is not one of Microsoft, so that nothing else enters the URL', () => {
    for (const odd of ['', 'my-app', `${ID}/../x`, '"><script>'])
      expect(urlOf(microsoft('login.microsoftonline.com', odd)), odd).to.equal(PLACES.secrets.url);
  });

  it('is in the national cloud of the tenant, and unknown for China', () => {
    expect(urlOf(microsoft('login.microsoftonline.us'), 'users')).to.match(
      /^https:\/\/entra\.microsoft\.us\/#/,
    );
    expect(urlOf(microsoft('login.partner.microsoftonline.cn'))).to.equal(undefined);
  });

  it("is a page of Google's, whatever the client ID", () => {
    expect(urlOf(documentOf('google-mail'), 'googleClients')).to.equal(
      'https://console.cloud.google.com/auth/clients',
    );
  });

  it('is nowhere for a cause that is corrected in the helpdesk, or passes', () => {
    expect(placeFor({ place: null }, documentOf())).to.equal(null);
  });

  it('is named as a text where a page has no link', () => {
    expect(inEnglish(whereSentence(PLACES.googleAudience))).to.equal(
      'Where: Google Cloud console, Audience (https://console.cloud.google.com/auth/audience).',
    );
  });
});
