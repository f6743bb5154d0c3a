import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Handlebars from 'handlebars';
import { COMMON } from '../domain/product/records.js';
import { withBreaks } from './breaks.js';
import { formatNumber, formatTime, languageTag, type PageLanguage } from './locale.js';
import { screenUrl } from './screen-url.js';
import { createTranslate } from './translate.js';

/** Renders a template of templates/ by its name, such as `pages/overview`. Escapes everything. */
export type Render = (template: string, data: object, language: PageLanguage) => string;

/**
 * Compiles every template once. Helpers: `{{t "English text" value …}}` translates, `{{time date}}` shows a
 * time, `{{figure count}}` a number, `{{lang}}` is the HTML language tag of the texts, `{{link "Subaction"
 * ID=5}}` is the URL of a screen, `{{screenAction}}` is the Action of all screens, `{{eq a b}}` compares, `{{concat a
 * b}}` joins, `{{breaks text}}` lets long names break between their parts.
 * @param folder the folder templates/ with layouts, pages, partials and locales, next to sysconfig/ with our
 *   style sheet and script
 */
export function createRender(folder: string): ReturnType<typeof createTranslate> & { render: Render } {
  const handlebars = Handlebars.create();
  const { translate, textLanguage } = createTranslate(path.join(folder, 'locales'));
  const compiled = new Map<string, Handlebars.TemplateDelegate>();

  handlebars.registerHelper('t', (text: string, ...rest: unknown[]) => {
    const options = rest.pop() as Handlebars.HelperOptions;
    return translate((options.data.root as PageLanguage).language, text, ...rest);
  });
  handlebars.registerHelper('time', (time: Date | null, options: Handlebars.HelperOptions) =>
    time ? formatTime(time, options.data.root as PageLanguage) : '',
  );
  handlebars.registerHelper('figure', (number: number, options: Handlebars.HelperOptions) =>
    formatNumber(number, (options.data.root as PageLanguage).language),
  );
  handlebars.registerHelper('lang', (options: Handlebars.HelperOptions) =>
    languageTag((options.data.root as PageLanguage).language),
  );
  handlebars.registerHelper('link', (subaction: string, options: Handlebars.HelperOptions) =>
    screenUrl(subaction, options.hash as Record<string, unknown>),
  );
  handlebars.registerHelper('screenAction', () => COMMON.screens.action);
  handlebars.registerHelper('concat', (...parts: unknown[]) => parts.slice(0, -1).join(''));
  handlebars.registerHelper(
    'breaks',
    (text: unknown) => new Handlebars.SafeString(withBreaks(Handlebars.escapeExpression(String(text ?? '')))),
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

  // For our own page: the style sheet and the script that the helpdesk's pages load as files.
  for (const [partial, file] of Object.entries({
    style: 'styles/OAuth2Sidecar.css',
    script: 'scripts/OAuth2Sidecar.js',
  }))
    handlebars.registerPartial(partial, readFileSync(path.join(folder, '../sysconfig', file), 'utf8'));

  const render: Render = (name, data, { language, timeZone }) => {
    const template = compiled.get(name);
    if (!template) throw new Error(`No template ${name} in ${folder}`);
    return template({ ...data, language: textLanguage(language), timeZone });
  };
  return { render, translate, textLanguage };
}
