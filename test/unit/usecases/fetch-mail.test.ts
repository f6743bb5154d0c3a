import { expect } from 'chai';
import type { StoredToken } from '../../../plugin/domain/token/token.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { fetchMail } from '../../../plugin/usecases/fetch-mail.js';
import { settingsReader } from '../../support/samples.js';

const TOKEN = 'Vcsu02-lN9iSHlsN8k0KunHCuB15LhskSfqGZFb2iND';
const RENEWED = 'x8Kq1-wN3tTpQzS7m2YbV5rLh9JdFgAe4CuXiOkP6Ew';

/** What the page says after a fetch that failed with these words of the server. */
async function shown(said: string): Promise<string> {
  const tokens = [TOKEN, RENEWED];
  const account = {
    id: 7,
    login: 'support@example.com',
    host: 'mail.example.com',
    type: 'IMAP',
    folder: 'INBOX',
  };
  const deps = {
    tokenConfigs: { byId: async () => ({ id: 1, name: 'Mail' }) },
    usages: { of: async () => new Map([[1, { mailAccounts: [account], smtp: false }]]) },
    settings: settingsReader({}),
    tokens: { get: async () => ({ accessToken: tokens.shift(), refreshToken: null }) as StoredToken },
    mailFetcher: { fetch: async () => ({ kind: 'failed', said }) },
  };
  const { text } = await fetchMail(deps as never, { configId: 1, accountId: 7, userId: 1 });
  return text.map(inEnglish).join(' ');
}

describe('"Fetch now" at a mail server that sends the token back', () => {
  for (const [how, echo] of Object.entries({
    'as it is': TOKEN,
    'renewed during the fetch': RENEWED,
    'in JSON': `{"error":"invalid","x":"${TOKEN}"}`,
    'in two parts': `${TOKEN.slice(0, 20)} and ${TOKEN.slice(20)}`,
    'in part': `${TOKEN.slice(8, 20)}`,
    'in hexadecimal': Buffer.from(TOKEN).toString('hex'),
    backwards: [...TOKEN].reverse().join(''),
    'in the line that was sent': Buffer.from(`user=a@b\x01auth=Bearer ${TOKEN}\x01\x01`).toString('base64'),
  }))
    it(`shows no part of it: ${how}`, async () => {
      const text = await shown(`Auth error: 1 NO bad ${echo}`);
      expect(text).to.contain('Its communication log says:').and.to.contain('[redacted]');
      for (const word of echo.match(/[\w+/=-]{8,}/g) ?? []) expect(text).not.to.contain(word);
    });

  it('shows words for people', async () => {
    expect(await shown('Auth error: 1 NO [UNAVAILABLE] Try again later')).to.contain(
      'Its communication log says: Auth error: 1 NO [UNAVAILABLE] Try again later',
    );
  });
});
