import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createRender, fill, formatTime } from '../../../plugin/web/render.js';

const TEMPLATES = path.resolve(import.meta.dirname, '../../../templates');
const german = JSON.parse(readFileSync(path.join(TEMPLATES, 'locales/de.json'), 'utf8')) as Record<
  string,
  string
>;

const sources = readdirSync(TEMPLATES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.hbs'))
  .map((file) => readFileSync(path.join(TEMPLATES, file), 'utf8'));

/** Every `t "…"` of the templates, with and without parentheses. */
const texts = new Set(
  sources.flatMap((source) =>
    [...source.matchAll(/[({]t "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replaceAll('\\"', '"')),
  ),
);

describe('translations', () => {
  it('German has every text of the templates', () => {
    expect(texts.size).to.be.greaterThan(50);
    expect([...texts].filter((text) => !(text in german))).to.deep.equal([]);
  });

  it('have as many places for values as the English text', () => {
    const places = (text: string) => text.split('%s').length;
    expect(
      Object.entries(german).filter(([english, text]) => places(english) !== places(text)),
    ).to.deep.equal([]);
  });

  it('are chosen by the language of the agent, English otherwise', () => {
    const { translate } = createRender(TEMPLATES);
    expect(translate('de', 'Token is valid until %s.', 'morgen')).to.equal(
      'Das Token ist gültig bis morgen.',
    );
    expect(translate('de_AT', 'Save')).to.equal('Speichern');
    expect(translate('xx', 'Save')).to.equal('Save');
    expect(translate('de', 'A text nobody knows')).to.equal('A text nobody knows');
  });

  it('take values as they are', () => {
    expect(fill('%s of %s', ['$&', '%s'])).to.equal('$& of %s');
  });
});

describe('times', () => {
  const noon = new Date('2026-07-01T12:00:00Z');
  it("are in the agent's zone and language", () => {
    expect(formatTime(noon, { language: 'de', timeZone: 'Europe/Berlin' })).to.equal('01.07.2026, 14:00');
    expect(formatTime(noon, { language: 'en', timeZone: 'America/New_York' })).to.equal('Jul 1, 2026, 08:00');
  });
  it('survive an unknown zone and a faulty language', () => {
    expect(formatTime(noon, { language: 'en', timeZone: 'Nowhere/Else' })).to.contain('12:00');
    expect(formatTime(noon, { language: 'not a language', timeZone: 'UTC' })).to.contain('12:00');
  });
});

describe('pages', () => {
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
