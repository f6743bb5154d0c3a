import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe finds in our parts of the page: header, menu and the search inside select fields are the helpdesk's own.
 * @param ours our part of a page of the helpdesk
 */
export async function axe(page: Page, ours = '.MainBox'): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    `axe.run({
      include: [[${JSON.stringify(ours)}], ...(document.querySelector('[data-oauth2-sidecar-bar]') ? [['[data-oauth2-sidecar-bar]']] : [])],
      exclude: [['.InputField_Container']],
    })`,
  )) as AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}
