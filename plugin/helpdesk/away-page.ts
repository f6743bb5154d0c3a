import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Phrase, phrase, spell } from '../lib/phrase.js';
import { aliasOf } from './rule-values.js';

export interface AwayPageOptions {
  /** The folder templates/locales. */
  locales: string;
  /** SysConfig `ScriptAlias`, with or without slashes at its ends. */
  scriptAlias: string;
  /** The service's name in systemd. */
  unit: string;
}

const DOES_NOT_ANSWER = phrase(
  'The OAuth2 sidecar does not respond. Its screens do not work, and tokens are not renewed before they expire.',
);
const START = phrase('To start it:');
const WHY = phrase('To find the cause:');
const AGAIN = phrase('Then reload this page.');

const STYLE = `body{margin:0;background:#fff;color:#000;font:12px/1.35 Helvetica,Arial,sans-serif}
#Header{padding:16px 20px;background:#333;border-bottom:3px solid #f92;font-size:14px}#Header a{color:#fff;text-decoration:none}
h1{margin:0;padding:10px 19px;background:#b8384e;color:#fff;font:inherit}.Content{margin:16px 20px;padding:8px 12px;background:#f5f5f5}
p{margin:6px 0}code{display:inline-block;padding:2px 6px;background:#fff;border:1px solid #ddd}`;

/** Keeps the language that the browser prefers; without a script all languages stay, English first. */
const CHOOSE = `(function(){var all=document.querySelectorAll("[lang]:not(html)"),want=navigator.languages||[navigator.language||""],found,i,j;
for(i=0;i<want.length&&!found;i++)for(j=0;j<all.length&&!found;j++)if(all[j].lang.slice(0,2)===want[i].slice(0,2).toLowerCase())found=all[j];
for(j=0;j<all.length;j++)all[j].hidden=all[j]!==(found||all[0]);document.documentElement.lang=(found||all[0]).lang;})()`;

/**
 * ASCII without quotes: the text is part of a web server's configuration, and no header declares its
 * character set.
 */
const html = (text: string): string =>
  [...text].map((sign) => (/[\w .,:;/()=-]/.test(sign) ? sign : `&#${sign.codePointAt(0)};`)).join('');

/**
 * Builds the page that the web server shows while the sidecar does not answer: it looks like the helpdesk,
 * follows the browser's language and loads nothing else.
 * @returns the page in parts, one per language; none contains a single quote, `$`, `%` or `\`
 */
export function awayPage({ locales, scriptAlias, unit }: AwayPageOptions): string[] {
  const dictionaries = readdirSync(locales)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const texts = JSON.parse(readFileSync(path.join(locales, file), 'utf8')) as Record<string, string>;
      return [path.basename(file, '.json').replace('_', '-'), texts] as const;
    });
  const parts = [['en', {} as Record<string, string>] as const, ...dictionaries].map(([language, texts]) => {
    const say = (given: Phrase) => html(spell(given, (text) => texts[text] ?? text));
    const command = (text: string) => `<code>${html(text)}</code>`;
    return `<div lang="${language}"><h1>${say(DOES_NOT_ANSWER)}</h1><div class="Content"><p>${say(START)} ${command(`systemctl start ${unit}`)}</p><p>${say(WHY)} ${command('znuny-oauth2 doctor')}</p><p>${say(AGAIN)}</p></div></div>`;
  });
  const head = `<!DOCTYPE html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>OAuth2</title><style>${STYLE}</style></head><body data-oauth2-sidecar="away"><header id="Header"><a href="/${aliasOf(scriptAlias)}/index.pl?Action=Admin">Helpdesk</a></header><main>`;
  return [head, ...parts, `</main><script>${CHOOSE}</script></body></html>`].map((part) =>
    part.replace(/\n/g, ''),
  );
}
