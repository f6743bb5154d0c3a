import path from 'node:path';
import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { replaceMainBox } from '../../../plugin/helpdesk/main-box.js';
import type { PageDeps } from '../../../plugin/web/deps.js';
import { createRender } from '../../../plugin/web/render.js';
import { respondWithError, respondWithPage, type SidecarContext } from '../../../plugin/web/respond.js';

const { render, translate, textLanguage } = createRender(
  path.resolve(import.meta.dirname, '../../../templates'),
);
/** The helpdesk gives no page. */
const deps = {
  render,
  translate,
  textLanguage,
  frame: { begin: () => async () => null },
} as unknown as PageDeps;

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

describe('a failure of a request of monitoring', () => {
  const answerAt = async (at: string, error: SidecarError) => {
    const ctx = { path: at, state: { requestId: 'r' } } as unknown as SidecarContext;
    await respondWithError(ctx, deps, error);
    return [ctx.status, ctx.type, ctx.body];
  };

  it('is told in plain text, and by /readyz with 503 whatever the cause', async () => {
    const missing = new SidecarError('database-right-missing');
    const text = `${missing.safe}\nCode: database-right-missing\n`;
    expect(await answerAt('/readyz', missing)).to.deep.equal([503, 'text/plain; charset=utf-8', text]);
    const away = new SidecarError('database-unavailable');
    expect(await answerAt('/metrics', away)).to.deep.equal([
      503,
      'text/plain; charset=utf-8',
      `${away.safe}\n${away.detail}\nCode: database-unavailable\n`,
    ]);
  });
});

describe('our texts in a page of the helpdesk, which names no language, name theirs', () => {
  const HELPDESK =
    '<html><title>Admin - Znuny</title><body><div id="NavigationContainer"></div><div class="MainBox"></div></body></html>';
  const framing = {
    ...deps,
    frame: {
      begin: () => async (content: Parameters<typeof replaceMainBox>[1]) => replaceMainBox(HELPDESK, content),
    },
  } as unknown as PageDeps;
  const elements = (html: string, pattern: RegExp) => html.match(pattern) ?? [];

  for (const [language, lang] of [
    ['he', 'en'],
    ['ja', 'en'],
    ['en_GB', 'en-GB'],
    ['de', 'de'],
    ['pt_BR', 'pt-BR'],
  ] as const) {
    const page = { language, timeZone: 'UTC' };

    it(`${language}: title, skip link, box and screen`, async () => {
      const agent = { permission: 'rw', ...page };
      const ctx = { state: { agent } } as unknown as SidecarContext;
      await respondWithPage(ctx, framing, {
        title: 'Doctor',
        template: 'doctor',
        data: {},
        messages: [{ kind: 'Success', text: 'x' }],
      });
      const parts = elements(
        String(ctx.body),
        /<title[^>]*>|<a class="OAuth2Skip[^>]*>|<div class="M[^>]*>/g,
      );
      expect(parts).to.have.length(4);
      for (const part of parts) expect(part).to.contain(` lang="${lang}"`);
    });

    it(`${language}: bar, mail accounts and the page with a way back`, () => {
      for (const [template, data, pattern] of [
        ['bar', { open: [] }, /<div role="region"[^>]*>/g],
        ['mail-accounts', { accounts: [{}, {}] }, /<div[^>]*data-oauth2-account[^>]*>/g],
        ['next-steps', {}, /<div[^>]*data-oauth2-steps[^>]*>/g],
      ] as const) {
        const parts = elements(render(`pages/${template}`, data, page), pattern);
        expect(parts, template).to.not.have.length(0);
        for (const part of parts) expect(part).to.contain(` lang="${lang}"`);
      }
    });
  }
});
