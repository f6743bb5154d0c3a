import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { VALIDITIES } from '../../../plugin/domain/configuration/token-config.js';
import { CATALOGUE } from '../../../plugin/errors.js';
import { fill, phrase } from '../../../plugin/lib/phrase.js';
import { formatNumber, formatSeconds, formatTime, showFor } from '../../../plugin/web/locale.js';
import { NOTICES } from '../../../plugin/web/notices.js';
import { OUTCOME_NAMES, OUTCOME_TEXTS, WHAT_NAMES } from '../../../plugin/web/presenters/event.js';
import { SORT_NAMES, STATE_NAMES } from '../../../plugin/web/presenters/overview-query.js';
import { SEVERITY_MARKS } from '../../../plugin/web/presenters/token-config-row.js';
import { readerOf } from '../../../plugin/web/reader.js';
import { createRender } from '../../../plugin/web/render.js';
import { AWAY } from '../../../plugin/web/routes/bar.js';

const TEMPLATES = path.resolve(import.meta.dirname, '../../../templates');
const LOCALES = path.join(TEMPLATES, 'locales');
/** Language as the helpdesk names it -> English text -> its translation. */
const dictionaries = readdirSync(LOCALES).map(
  (file) =>
    [
      path.basename(file, '.json'),
      JSON.parse(readFileSync(path.join(LOCALES, file), 'utf8')) as Record<string, string>,
    ] as const,
);

const ROOT = path.resolve(TEMPLATES, '..');
const read = (folder: string, suffix: string) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(suffix))
    .map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8'));
const found = (sources: string[], pattern: RegExp): string[] =>
  sources.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[2] ?? ''));

/** Every `t "…"` of the templates, with and without parentheses. */
const shown = found(read('templates', '.hbs'), /([({])t "((?:[^"\\]|\\.)*)"/g).map((text) =>
  text.replaceAll('\\"', '"'),
);
const code = [...read('plugin', '.ts'), ...read('db', '.ts')];
/** Every text of the program that pages may show; see plugin/lib/phrase.ts. */
const spoken = [
  ...found(code, /\bphrase\(\s*(['"])((?:\\.|(?!\1).)*)\1/g).map((text) => text.replace(/\\(.)/g, '$1')),
  ...found(read('plugin/web', '.ts'), /\bt\(\s*(')([^']*)'/g),
  ...Object.values(NOTICES).map(([, text]) => text),
  AWAY,
  ...[STATE_NAMES, SORT_NAMES, WHAT_NAMES, OUTCOME_NAMES, OUTCOME_TEXTS].flatMap((names) =>
    Object.values(names),
  ),
  ...Object.values(SEVERITY_MARKS).map(({ word }) => word),
  ...Object.values(VALIDITIES),
  ...found(read('plugin/web', '.ts'), /\btitle: ([\w ?]*)'([^']+)'/g),
  ...found(read('plugin/web/presenters', '.ts'), /\? (')([A-Z][^']*)'/g),
  ...found(read('plugin/web/presenters', '.ts'), /: (')([A-Z][^']*)'/g),
];
/** Nobody is logged in before the helpdesk is known to work, so these are read in English. */
const OF_THE_START = [
  'config-unreadable',
  'config-invalid',
  'helpdesk-unsupported',
  'schema-unknown',
  'token-tables-missing',
];
const faults = Object.entries(CATALOGUE)
  .filter(([code]) => !OF_THE_START.includes(code))
  .flatMap(([, [, ...texts]]) => texts);
const texts = new Set<string>([...shown, ...spoken, ...faults]);

describe('translations', () => {
  it('are found by these tests', () => {
    expect(texts.size).to.be.greaterThan(150);
    // English needs none: its texts are the keys.
    const languages = dictionaries.map(([language]) => language);
    expect(languages.sort()).to.deep.equal(['de', 'es', 'fr', 'hu', 'pt_BR', 'zh_CN']);
  });

  for (const [language, dictionary] of dictionaries) {
    it(`in ${language} cover every text of the templates and of the program`, () => {
      expect([...texts].filter((text) => !(text in dictionary))).to.deep.equal([]);
    });

    it(`in ${language} hold no text that nothing uses`, () => {
      expect(Object.keys(dictionary).filter((text) => !texts.has(text))).to.deep.equal([]);
    });

    it(`in ${language} have as many places for values as the English text, and are not empty`, () => {
      const places = (text: string) => text.split('%s').length;
      expect(
        Object.entries(dictionary).filter(
          ([english, text]) => places(english) !== places(text) || text.trim() === '',
        ),
      ).to.deep.equal([]);
    });

    it(`in ${language} are not English: no sentence was left as it is`, () => {
      const sentences = Object.entries(dictionary).filter(([english]) => english.split(' ').length > 3);
      expect(sentences.filter(([english, text]) => english === text)).to.deep.equal([]);
    });

    it(`in ${language} keep names, commands and codes unchanged`, () => {
      // Names of settings, parameters and standards are the same in every language.
      const names = (text: string) =>
        [
          ...text.matchAll(
            /\b(?:[A-Za-z]+::[A-Za-z:]+|[a-z]+_[a-z_]+|RFC \d+|AADSTS\d+|HttpType|FQDN|ScriptAlias)\b/g,
          ),
        ].map(String);
      expect(
        Object.entries(dictionary).filter(
          ([english, text]) => String(names(english).sort()) !== String(names(text).sort()),
        ),
      ).to.deep.equal([]);
    });
  }

  it("are chosen by the agent's language, English otherwise", () => {
    const { translate } = createRender(TEMPLATES);
    expect(translate('de', 'Token is valid until %s.', 'morgen')).to.equal(
      'Das Token ist gültig bis morgen.',
    );
    expect(translate('de_AT', 'Save')).to.equal('Speichern');
    expect(translate('xx', 'Save')).to.equal('Save');
    expect(translate('not a language', 'Save')).to.equal('Save');
    expect(translate('de', 'A text nobody knows')).to.equal('A text nobody knows');
  });

  it('fall back to a related language where it can be read', () => {
    const { translate } = createRender(TEMPLATES);
    expect(translate('fr_CA', 'Queue')).to.equal('Queue');
    expect(translate('fr_CA', 'Delete')).to.equal('Supprimer');
    expect(translate('es_MX', 'Delete')).to.equal('Borrar');
    expect(translate('pt', 'Delete')).to.equal('Excluir');
    // Readers of Traditional Chinese do not want Simplified.
    expect(translate('zh_TW', 'Delete')).to.equal('Delete');
  });

  it('write numbers as the reader does, and leave names as they are', () => {
    const { translate } = createRender(TEMPLATES);
    expect(translate('en', 'Page %s of %s', 1, 1234)).to.equal('Page 1 of 1,234');
    expect(translate('de', 'Page %s of %s', 1, 1234)).to.equal('Seite 1 von 1.234');
    expect(translate('de', phrase('Connected to %s, port %s.', '::1', '10143'))).to.equal(
      'Verbunden mit ::1, Port 10143.',
    );
  });

  it('are named in the page as HTML names languages', () => {
    const { render } = createRender(TEMPLATES);
    const lang = (language: string) =>
      /<html lang="([^"]*)">/.exec(render('layouts/standalone', {}, { language, timeZone: 'UTC' }))?.[1];
    expect(['en', 'en_GB', 'de', 'pt_BR', 'zh_CN', 'fr_CA'].map(lang)).to.deep.equal([
      'en',
      'en-GB',
      'de',
      'pt-BR',
      'zh-CN',
      'fr-CA',
    ]);
    // Their texts are English.
    expect(['ru', 'zh_TW', 'not a language'].map(lang)).to.deep.equal(['en', 'en', 'en']);
  });

  it('stand beside times and numbers of their own language, also where they are English for want of others', () => {
    const pages = createRender(TEMPLATES);
    const at = new Date('2026-11-25T14:05:00Z');
    const plain = (text: string) => text.replace(/\s/g, ' ');
    const seen = (language: string) => {
      const page = { language, timeZone: 'UTC' };
      const reader = readerOf(page, pages);
      return [
        reader.t('Token is valid until %s.', showFor(reader, new Date(0)).time(at)),
        formatTime(at, reader),
        formatSeconds(1.5, reader.language),
        pages.translate(language, 'Page %s of %s', 1, 1234),
        /\(([^()]*)\)<\/h2>/.exec(pages.render('pages/history', { total: 1234, events: [] }, page))?.[1] ??
          '',
      ].map(plain);
    };
    const english = seen('en');
    expect(english).to.deep.equal([
      'Token is valid until Nov 25, 2026, 14:05.',
      'Nov 25, 2026, 14:05',
      '1.5 sec',
      'Page 1 of 1,234',
      '1,234',
    ]);
    for (const language of ['he', 'fa', 'ar_SA', 'pl', 'ru', 'zh_TW', 'not a language'])
      expect(seen(language), language).to.deep.equal(english);
    expect(seen('en_GB')[0]).to.match(/^Token is valid until 25 Nov 2026,? 14:05\.$/);
    expect(pages.textLanguage('en_CA')).to.equal('en_CA');
    expect(pages.textLanguage('fr_CA')).to.equal('fr_CA');
    expect(seen('de')).to.deep.equal([
      'Das Token ist gültig bis 25.11.2026, 14:05.',
      '25.11.2026, 14:05',
      '1,5 Sek.',
      'Seite 1 von 1.234',
      '1.234',
    ]);
  });

  it('accept values as they are', () => {
    expect(fill('%s of %s', ['$&', '%s'])).to.equal('$& of %s');
  });
});

describe('times', () => {
  const noon = new Date('2026-07-01T12:00:00Z');
  it("are in the agent's time zone and language", () => {
    expect(formatTime(noon, { language: 'de', timeZone: 'Europe/Berlin' })).to.equal('01.07.2026, 14:00');
    expect(formatTime(noon, { language: 'en', timeZone: 'America/New_York' })).to.equal('Jul 1, 2026, 08:00');
  });
  // Commas and joining words differ between versions of ICU.
  for (const [language, day] of [
    ['fr', /^1 juil\. 2026,? (à )?14:00$/],
    ['es', /^1 jul\.? 2026,? 14:00$/],
    ['hu', /^2026\. júl\. 1\. 14:00$/],
    ['pt_BR', /^1 de jul\. de 2026,? 14:00$/],
    ['zh_CN', /^2026年7月1日 14:00$/],
    ['en_GB', /^1 July? 2026,? 14:00$/],
  ] as const)
    it(`read ${day} in ${language}`, () => {
      expect(formatTime(noon, { language, timeZone: 'Europe/Berlin' })).to.match(day);
    });
  it('count years and write digits as the helpdesk does in every language', () => {
    for (const language of ['th_TH', 'fa', 'ar_SA', 'hi'])
      expect(formatTime(noon, { language, timeZone: 'UTC' }))
        .to.contain('2026')
        .and.contain('12:00');
  });
  it('have hours with two digits, as in the helpdesk', () => {
    const early = new Date('2026-07-01T04:07:00Z');
    for (const language of ['en', 'de', 'fr', 'es', 'hu', 'pt_BR', 'zh_CN']) {
      expect(formatTime(early, { language, timeZone: 'UTC' })).to.match(/ 04:07$/);
      expect(showFor({ language, timeZone: 'UTC' }, early).time(early)).to.equal('04:07');
    }
  });
  it('begin a day with hour 0', () => {
    const midnight = { language: 'en', timeZone: 'UTC' };
    expect(formatTime(new Date('2026-07-01T00:37:00Z'), midnight)).to.equal('Jul 1, 2026, 00:37');
  });
  it('are shown despite an unknown time zone or an invalid language', () => {
    expect(formatTime(noon, { language: 'en', timeZone: 'Nowhere/Else' })).to.contain('12:00');
    expect(formatTime(noon, { language: 'not a language', timeZone: 'UTC' })).to.contain('12:00');
  });
});

describe('numbers', () => {
  /** The kind of space that separates groups and units differs between versions of ICU. */
  const plain = (text: string) => text.replace(/\s/g, ' ');
  for (const [language, count, duration] of [
    ['en', '12,345', '1.5 sec'],
    ['de', '12.345', '1,5 Sek.'],
    ['fr', '12 345', '1,5 s'],
    ['es', '12.345', '1,5 s'],
    ['hu', '12 345', '1,5 mp'],
    ['pt_BR', '12.345', '1,5 s'],
    ['zh_CN', '12,345', '1.5秒'],
    ['not a language', '12,345', '1.5 sec'],
  ] as const)
    it(`read ${count} and ${duration} in ${language}`, () => {
      expect(plain(formatNumber(12_345, language))).to.equal(count);
      expect(plain(formatSeconds(1.46, language))).to.equal(duration);
      expect(plain(formatSeconds(0.04, language))).to.match(/^40 ?(ms|毫秒)$/);
    });
});

describe('pages', () => {
  it('give no value the name of a helper, which would be called instead', () => {
    const { render } = createRender(TEMPLATES);
    const check = {
      number: 7,
      id: 'fqdn',
      title: 'FQDN',
      result: 'ok',
      word: 'OK',
      reason: ['x'],
      remedies: [],
    };
    const page = render('pages/doctor', { checks: [check] }, { language: 'de', timeZone: 'UTC' });
    expect(page).to.contain('<strong>7. FQDN: OK</strong>');
    expect(
      read('templates', '.hbs').filter((source) => /{{(t|time|figure|link|eq)}}/.test(source)),
    ).to.deep.equal([]);
  });

  it('escape what they show, in text and in attributes', () => {
    const { render } = createRender(TEMPLATES);
    const hostile = `"><script>alert(1)</script>{{x}}'`;
    const page = render(
      'pages/delete',
      { id: 5, name: hostile, used: false, challengeToken: hostile },
      { language: 'en', timeZone: 'UTC' },
    );
    expect(page).to.not.contain('<script>');
    expect(page).to.contain('&lt;script&gt;alert(1)&lt;/script&gt;{{x}}');
  });
});
