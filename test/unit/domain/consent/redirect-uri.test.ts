import { expect } from 'chai';
import { redirectUri, redirectWarnings } from '../../../../plugin/domain/consent/redirect-uri.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';
import { settingsOf } from '../../../support/samples.js';

const CALLBACK = 'get-oauth2-token-by-authorization-code.pl';

describe('the redirect URI', () => {
  for (const [alias, expected] of [
    ['otrs/', `https://helpdesk.example.org/otrs/${CALLBACK}`],
    ['/otrs/', `https://helpdesk.example.org/otrs/${CALLBACK}`],
    ['otrs', `https://helpdesk.example.org/otrs/${CALLBACK}`],
    ['//otrs//', `https://helpdesk.example.org/otrs/${CALLBACK}`],
    ['', `https://helpdesk.example.org/${CALLBACK}`],
    ['help/desk/', `https://helpdesk.example.org/help/desk/${CALLBACK}`],
  ] as const) {
    it(`has one slash between its parts with ScriptAlias "${alias}"`, () => {
      expect(redirectUri(settingsOf({ ScriptAlias: alias }))).to.equal(expected);
    });
  }

  it('keeps a port and an IPv6 host, and ends the host without a slash', () => {
    expect(redirectUri(settingsOf({ FQDN: '127.0.0.1:8065', HttpType: 'http' }))).to.equal(
      `http://127.0.0.1:8065/otrs/${CALLBACK}`,
    );
    expect(redirectUri(settingsOf({ FQDN: '[::1]:8065' }))).to.equal(`https://[::1]:8065/otrs/${CALLBACK}`);
    expect(redirectUri(settingsOf({ FQDN: 'helpdesk.example.org/' }))).to.equal(
      `https://helpdesk.example.org/otrs/${CALLBACK}`,
    );
  });
});

describe('warnings about the redirect URI', () => {
  const settingsWarned = (values: Record<string, unknown>) =>
    redirectWarnings(settingsOf(values), 'otrs').map(({ setting }) => setting);

  it('do not appear when all is well', () => {
    expect(redirectWarnings(settingsOf(), 'otrs')).to.deep.equal([]);
  });

  it('name http and the placeholder as the helpdesk ships them, each with a command that mends it', () => {
    const warnings = redirectWarnings(settingsOf({ HttpType: 'http', FQDN: 'yourhost.example.com' }), 'otrs');
    expect(warnings.map(({ setting, command }) => [setting, command])).to.deep.equal([
      ['HttpType', 'bin/otrs.Console.pl Admin::Config::Update --setting-name HttpType --value https'],
      ['FQDN', 'bin/otrs.Console.pl Admin::Config::Update --setting-name FQDN --value helpdesk.example.com'],
    ]);
    expect(warnings.every(({ text }) => inEnglish(text).endsWith(' Set it with:'))).to.equal(true);
  });

  it('name an invalid host and an alias with unexpected characters', () => {
    expect(settingsWarned({ FQDN: '' })).to.deep.equal(['FQDN']);
    expect(settingsWarned({ FQDN: 'helpdesk example org' })).to.deep.equal(['FQDN']);
    expect(settingsWarned({ ScriptAlias: 'otrs?x=/' })).to.deep.equal(['ScriptAlias']);
    expect(settingsWarned({ FQDN: '127.0.0.1:8065' })).to.deep.equal([]);
  });

  it('name the console and the alias of Znuny 7 where its scripts carry those names', () => {
    const warnings = redirectWarnings(settingsOf({ HttpType: 'http', ScriptAlias: 'a b/' }), 'znuny');
    expect(warnings.map(({ command }) => command)).to.deep.equal([
      'bin/znuny.Console.pl Admin::Config::Update --setting-name HttpType --value https',
      'bin/znuny.Console.pl Admin::Config::Update --setting-name ScriptAlias --value znuny/',
    ]);
  });

  for (const alias of ['/otrs/', 'otrs', '/otrs'])
    it(`name ScriptAlias "${alias}", from which the helpdesk itself builds another redirect URI`, () => {
      expect(
        redirectWarnings(settingsOf({ ScriptAlias: alias }), 'otrs').map(({ command }) => command),
      ).to.deep.equal(['bin/otrs.Console.pl Admin::Config::Update --setting-name ScriptAlias --value otrs/']);
    });
});
