import type { FramedContent } from '../domain/helpdesk/page-frame.js';

const MAIN_BOX = /<div\s[^>]*class="MainBox[\s"][^>]*>/;
/** Znuny 7 marks main boxes whose left column is as high as the page, with the path above the content. */
const TALL_COLUMN = 'ActionsSideBar';
/** What matters for nesting. Comments and scripts are skipped, because they may contain tags as text. */
const TAGS = /<!--[\s\S]*?-->|<script\b[\s\S]*?<\/script\s*>|<div\b[^>]*>|<\/div\s*>/gi;

/** The end of the element that begins at `start`; null if its end tag is missing. */
function endOfDiv(html: string, start: number): number | null {
  TAGS.lastIndex = start;
  let depth = 0;
  for (let match = TAGS.exec(html); match; match = TAGS.exec(html)) {
    const tag = match[0].toLowerCase();
    if (tag.startsWith('<div')) depth++;
    else if (tag.startsWith('</div')) depth--;
    else continue;
    if (depth === 0) return TAGS.lastIndex;
  }
  return null;
}

const escapeText = (text: string) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** In a second main box the helpdesk says that an agent may not use the first; our page says so already. */
function withoutMainBoxes(html: string): string {
  const start = html.search(MAIN_BOX);
  const end = start < 0 ? null : endOfDiv(html, start);
  return end === null ? html : html.slice(0, start) + withoutMainBoxes(html.slice(end));
}

/**
 * Inserts our content into a page of the helpdesk: replaces the main box, puts our notification boxes before
 * it and the skip link first, and changes the title. Header, menu, the helpdesk's own boxes, scripts and footer stay.
 * @returns null if it is not the page of a logged-in agent
 */
export function replaceMainBox(page: string, content: FramedContent): string | null {
  if (!page.includes('id="NavigationContainer"')) return null;
  const start = page.search(MAIN_BOX);
  const end = start < 0 ? null : endOfDiv(page, start);
  if (end === null) return null;
  const isTall = MAIN_BOX.exec(page)?.[0].includes(TALL_COLUMN);
  const classes = `MainBox ARIARoleMain LayoutFixedSidebar SidebarFirst ${isTall ? `${TALL_COLUMN} ` : ''}OAuth2Screens`;
  const box = `${content.notifications}\n<div class="${classes}" lang="${escapeText(content.lang)}">${content.mainBox}</div>`;
  const framed = (page.slice(0, start) + box + withoutMainBoxes(page.slice(end))).replace(
    /<body\b[^>]*>/i,
    (body) => `${body}\n${content.skipLink}`,
  );
  // The helpdesk's titles end with its product name.
  return framed.replace(
    /<title>[^<]*?(\s-\s[^<-]*)?<\/title>/,
    (_all, product: string | undefined) =>
      `<title lang="${escapeText(content.lang)}">${escapeText(content.title)}${product ?? ''}</title>`,
  );
}
