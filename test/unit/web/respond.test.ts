import path from 'node:path';
import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import type { PageDeps } from '../../../plugin/web/deps.js';
import { createRender } from '../../../plugin/web/render.js';
import { respondWithError, type SidecarContext } from '../../../plugin/web/respond.js';

const { render, translate } = createRender(path.resolve(import.meta.dirname, '../../../templates'));
/** The helpdesk gives no page. */
const deps = { render, translate, frame: { begin: () => async () => null } } as unknown as PageDeps;

async function pageFor(permission: 'none' | 'ro'): Promise<string> {
  const agent = { permission, language: 'en', timeZone: 'UTC' };
  const ctx = { state: { agent, requestId: 'r' } } as unknown as SidecarContext;
  await respondWithError(ctx, deps, new SidecarError('no-permission'));
  return String(ctx.body);
}

describe("a page without the helpdesk's frame", () => {
  const still = 'You can still use these screens';

  it('tells agents who may use the screens that they still can', async () => {
    expect(await pageFor('ro')).to.contain(still);
  });

  it('does not tell so to an agent without permission', async () => {
    const page = await pageFor('none');
    expect(page).to.contain('Code: no-permission').and.to.not.contain(still);
  });
});
