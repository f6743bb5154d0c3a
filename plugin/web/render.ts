import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Handlebars from 'handlebars';
import type { Show } from '../domain/state-sentence.js';
import { type Phrase, spell } from '../lib/phrase.js';
import { screenUrl } from './screen-url.js';

/** What every page may use besides its own data. */
export interface PageLanguage {
  /** The agent's language as the helpdesk names it: `en`, `de`, `pt_BR`. */
  language: string;
  /** IANA name; times are shown in it. */
  timeZone: string;
}

/** Renders a template of templates/ by its name, such as `pages/overview`. Everything is escaped. */
export type Render = (template: string, data: object, language: PageLanguage) => string;

/** A text in the agent's language, its `%s` filled; the English text where there is no translation. */
export type Translate = (language: string, text: Phrase, ...values: unknown[]) => string;

type Dictionary = Record<string, string>;

function readDictionaries(folder: string): Map<string, Dictionary> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(
    files.map((file) => [
      path.basename(file, '.json'),
      JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Dictionary,
    ]),
  );
}

/** Making one costs far more than using it, in time and in memory outside of the JavaScript heap. */
const formats = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATS = 200;

const STYLES = {
  both: { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' },
  time: { timeStyle: 'short', hourCycle: 'h23' },
  date: { dateStyle: 'medium' },
} as const;

function timeFormat({ language, timeZone }: PageLanguage, style: keyof typeof STYLES): Intl.DateTimeFormat {
  const key = `${language} ${timeZone} ${style}`;
  const known = formats.get(key);
  if (known) return known;
  const options = STYLES[style];
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat(language.replace('_', '-'), { ...options, timeZone });
  } catch {
    format = new Intl.DateTimeFormat('en', { ...options, timeZone: 'UTC' });
  }
  if (formats.size >= MOST_FORMATS) formats.clear();
  formats.set(key, format);
  return format;
}

/** A time in the agent's zone and language: `24.11.2026, 14:05` or `Nov 24, 2026, 14:05`. */
export const formatTime = (time: Date, language: PageLanguage): string =>
  timeFormat(language, 'both').format(time);

/** The same, but times of today without their day: `14:05`. For sentences about what is going on. */
export const showFor = (language: PageLanguage, now: Date): Show => {
  const day = (time: Date) => timeFormat(language, 'date').format(time);
  const today = day(now);
  return {
    time: (at) => (day(at) === today ? timeFormat(language, 'time').format(at) : formatTime(at, language)),
    date: (midnight) => timeFormat({ ...language, timeZone: 'UTC' }, 'date').format(midnight),
  };
};

/**
 * Compiles every template once. Helpers: `{{t "English text" value …}}` translates, `{{time date}}` shows a time,
 * `{{link "Subaction" ID=5}}` is an address of a screen, `{{eq a b}}` compares.
 * @param folder the folder templates/ with layouts, pages, partials and locales
 */
export function createRender(folder: string): { render: Render; translate: Translate } {
  const handlebars = Handlebars.create();
  const dictionaries = readDictionaries(path.join(folder, 'locales'));
  const compiled = new Map<string, Handlebars.TemplateDelegate>();

  const translate: Translate = (language, given, ...more) => {
    const dictionary = dictionaries.get(language) ?? dictionaries.get(language.split('_')[0] ?? '');
    const phrase = typeof given === 'string' ? { text: given, values: more.map(String) } : given;
    return spell(phrase, (text) => dictionary?.[text] ?? text);
  };

  handlebars.registerHelper('t', (text: string, ...rest: unknown[]) => {
    const options = rest.pop() as Handlebars.HelperOptions;
    return translate((options.data.root as PageLanguage).language, text, ...rest);
  });
  handlebars.registerHelper('time', (time: Date | null, options: Handlebars.HelperOptions) =>
    time ? formatTime(time, options.data.root as PageLanguage) : '',
  );
  handlebars.registerHelper('link', (subaction: string, options: Handlebars.HelperOptions) =>
    screenUrl(subaction, options.hash as Record<string, unknown>),
  );
  handlebars.registerHelper('eq', (left: unknown, right: unknown) => left === right);

  for (const kind of ['layouts', 'pages', 'partials']) {
    for (const file of readdirSync(path.join(folder, kind)).filter((name) => name.endsWith('.hbs'))) {
      const name = `${kind}/${path.basename(file, '.hbs')}`;
      const source = readFileSync(path.join(folder, kind, file), 'utf8');
      if (kind === 'partials') handlebars.registerPartial(path.basename(file, '.hbs'), source);
      else compiled.set(name, handlebars.compile(source, { strict: false, preventIndent: true }));
    }
  }

  const render: Render = (name, data, { language, timeZone }) => {
    const template = compiled.get(name);
    if (!template) throw new Error(`No template ${name} in ${folder}`);
    return template({ ...data, language, timeZone });
  };
  return { render, translate };
}
