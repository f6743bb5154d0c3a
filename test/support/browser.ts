import { type Browser, chromium, type Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';

const launched: Browser[] = [];

/** Debian's Chromium, headless, without any of its vendor's services. */
export async function browser(): Promise<Browser> {
  const one = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  launched.push(one);
  return one;
}

/** The pages that are open in all of them. */
export const openPages = (): Page[] =>
  launched.flatMap((one) => one.contexts()).flatMap((context) => context.pages());

/** Fills in the helpdesk's own log-in page, which is already open. */
export async function signIn(
  page: Page,
  { login, password }: { login: string; password: string },
): Promise<void> {
  await page.fill('#User', login);
  await page.fill('#Password', password);
  const loaded = page.waitForEvent('load');
  await page.click('#LoginButton');
  // Before that, the next page may be on its way still, and would end a call of `goto`.
  await loaded;
  // The page that asks for the log-in may have the same address as the one behind it.
  await page.locator('#LoginButton').waitFor({ state: 'detached' });
  await page.waitForLoadState();
}

/** Fills in the form of a new configuration, which is already open, points it at the lab's provider, and saves it. */
export async function saveNewConfig(page: Page, provider: string, name: string): Promise<void> {
  await page.fill('#Name', name);
  await page.fill('#ClientID', CREDENTIALS.client.id);
  await page.fill('#ClientSecret', CREDENTIALS.client.secret);
  await page.click('#Advanced summary');
  await page.fill('#AuthorizationCodeRequestURL', `${provider}/auth`);
  await page.fill('#TokenByAuthorizationCodeRequestURL', `${provider}/token`);
  await page.fill('#TokenByRefreshTokenRequestURL', `${provider}/token`);
  await page.click('#Submit');
  await page.waitForURL(/Notice=saved/);
}
