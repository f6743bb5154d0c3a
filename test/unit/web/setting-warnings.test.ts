import { expect } from 'chai';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { presentSettingWarnings } from '../../../plugin/web/presenters/setting-warnings.js';
import { settingsOf } from '../../support/samples.js';

const present = (values: Record<string, unknown>) =>
  presentSettingWarnings(settingsOf(values), 'otrs', inEnglish);
const page = (setting: string) =>
  `index.pl?Action=AdminSystemConfiguration;Subaction=View;Setting=${setting}`;

describe('the warnings about the redirect URI', () => {
  it('do not appear when all is well', () => expect(present({})).to.deep.equal([]));

  for (const [setting, values, value] of [
    ['HttpType', { HttpType: 'http' }, 'https'],
    ['FQDN', { FQDN: 'yourhost.example.com' }, 'helpdesk.example.com'],
    ['FQDN', { FQDN: 'not a host' }, 'helpdesk.example.com'],
    ['ScriptAlias', { ScriptAlias: '/otrs/' }, 'otrs/'],
    ['ScriptAlias', { ScriptAlias: 'a b/' }, 'otrs/'],
  ] as const)
    it(`come with the command and the helpdesk's own page for ${JSON.stringify(values)}`, () => {
      const [warning, ...more] = present(values);
      expect(more).to.deep.equal([]);
      expect(warning).to.deep.include({
        setting,
        url: page(setting),
        command: `bin/otrs.Console.pl Admin::Config::Update --setting-name ${setting} --value ${value}`,
      });
    });
});
