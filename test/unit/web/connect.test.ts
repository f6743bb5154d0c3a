import { expect } from 'chai';
import type { ProviderTemplate } from '../../../plugin/domain/configuration/provider-template.js';
import { finding, ok } from '../../../plugin/domain/doctor/doctor.js';
import { inEnglish, phrase } from '../../../plugin/lib/phrase.js';
import { presentConnect } from '../../../plugin/web/presenters/connect.js';
import type { Reader } from '../../../plugin/web/reader.js';

const reader = { t: inEnglish } as unknown as Reader;
const template = (name: string, filename: string, own = true): ProviderTemplate => ({
  filename,
  name,
  document: {},
  own,
  discovery: false,
});

describe('the page "Connect a mailbox"', () => {
  it("leads to the site's own template of the same name, and keeps the helpdesk's templates apart", () => {
    const templates = [
      template('Google Mail', 'our-google'),
      template('Microsoft Exchange Online', 'MicrosoftExchangeOnline', false),
    ];
    const page = presentConnect({ templates, checks: [] }, reader);
    const google = page.choices.find(({ id }) => id === 'ConnectGoogle');
    expect(google?.url).to.match(/TokenConfigTemplateFilename=our-google$/);
    expect(page.templates.map(({ name }) => name)).to.deep.equal(['Google Mail']);
    expect(page.helpdeskTemplates.map(({ name }) => name)).to.deep.equal(['Microsoft Exchange Online']);
  });

  it('says of a check that passed only that it passed, and of any other why and what to do', () => {
    const fault = finding('fault', phrase('It is wrong.'), { command: 'correct it' }, { link: 'index.pl?x' });
    const checks = [
      { id: 'http-type', title: phrase('Https'), ...ok(phrase('It is https.')) },
      { id: 'fqdn', title: phrase('Host'), ...fault },
      { id: 'script-alias', title: phrase('Path'), ...ok() },
    ];
    const page = presentConnect({ templates: [], checks }, reader);
    expect(page.checks.map(({ id, word, reason }) => [id, word, reason])).to.deep.equal([
      ['http-type', 'OK', []],
      ['fqdn', 'Failed', ['It is wrong.']],
    ]);
    expect(page.checks[1]?.remedies.map(({ command, href }) => command ?? href)).to.deep.equal([
      'correct it',
      'index.pl?x',
    ]);
  });
});
