import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { databaseRows } from './database.js';
import { lab } from './instance.js';
import type { Session } from './session.js';

export interface Look {
  language: 'en' | 'de' | 'he';
  skin: string;
}

/** The two looks in which the main function of every screen is tested. */
export const LOOKS = [
  { language: 'en', skin: 'default' },
  { language: 'de', skin: 'highcontrast' },
] as const satisfies Look[];

/** As chosen in the preferences, but for this session only. */
export async function choose({ id }: Session, { language, skin }: Look): Promise<void> {
  await databaseRows(
    `DELETE FROM sessions WHERE session_id = '${id}' AND data_key IN ('UserLanguage', 'UserSkin')`,
  );
  await databaseRows(
    `INSERT INTO sessions (session_id, data_key, data_value, serialized)
     VALUES ('${id}', 'UserLanguage', '${language}', 0), ('${id}', 'UserSkin', '${skin}', 0)`,
  );
}

/** A browser that has the helpdesk's session. @param url where the cookie goes, if not to the lab's helpdesk */
export async function signedIn(
  chromium: Browser,
  who: Session,
  options: BrowserContextOptions = {},
  url: string = lab.urls.helpdesk,
): Promise<BrowserContext> {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  await context.addCookies([{ name: 'OTRSAgentInterface', value: who.id, url }]);
  return context;
}
