import type { Page } from 'playwright-core';
import { openPages } from './browser.js';

/** How long to wait for the text of a page, in milliseconds. */
const WITHIN = 5000;
/** Four lines of the summary (lab/results.ts). */
const FOUR_LINES = /(.{1,230})(?:\s|$)/g;

/** The address and the beginning of the content, without the navigation. */
async function shown(page: Page): Promise<string[]> {
  const text = await page
    .locator('body, main, .MainBox, .ContentColumn')
    .last()
    .innerText({ timeout: WITHIN })
    .catch((error: Error) => error.message);
  return [
    `The page ${page.url()} showed:`,
    ...(text.replace(/\s+/g, ' ').match(FOUR_LINES) ?? []).slice(0, 4),
  ];
}

/** A test that fails says what the last page showed. */
afterEach(async function () {
  const page = openPages().at(-1);
  const error = this.currentTest?.state === 'failed' ? this.currentTest.err : undefined;
  if (!page || !error) return;
  const [first = '', ...others] = error.message.split('\n');
  error.message = [first, ...(await shown(page)), ...others].join('\n');
});
