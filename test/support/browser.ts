import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's Chromium, headless, without any service of its maker. */
export const browser = (): Promise<Browser> =>
  chromium.launch({
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

/** Fills the helpdesk's own log-in, which is already open. */
export async function signIn(
  page: Page,
  { login, password }: { login: string; password: string },
): Promise<void> {
  await page.fill('#User', login);
  await page.fill('#Password', password);
  await Promise.all([page.waitForURL((url) => !url.search.includes('Login')), page.click('#LoginButton')]);
  await page.waitForLoadState();
}
