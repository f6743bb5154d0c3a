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

  it('name http and the placeholder as the helpdesk ships them, each with a command that corrects it', () => {
    const warnings = redirectWarnings(settingsOf({ HttpType: 'http', FQDN: 'yourhost.example.com' }), 'otrs');
    expect(warnings.map(({ setting, command }) => [setting, command])).to.deep.equal([
      ['HttpType', 'bin/otrs.Console.pl Admin::Config::Update --setting-name HttpType --value https'],
      ['FQDN', 'bin/otrs.Console.pl Admin::Config::Update --setting-name FQDN --value helpdesk.example.com'],
    ]);
    expect(warnings.every(({ text }) => inEnglish(text).endsWith(' Set it with:'))).to.equal(true);
  });

  it('do not ask for https where the provider sends the browser to its own machine', () => {
    expect(settingsWarned({ HttpType: 'http', FQDN: 'localhost', ScriptAlias: '' })).to.deep.equal([]);
    expect(settingsWarned({ HttpType: 'http', FQDN: 'localhost:8080' })).to.deep.equal([]);
    expect(settingsWarned({ HttpType: 'http', FQDN: 'localhost.example.org' })).to.deep.equal(['HttpType']);
  });

  it('name an invalid host and an alias with unexpected characters', () => {
    expect(settingsWarned({ FQDN: '' })).to.deep.equal(['FQDN']);
    expect(settingsWarned({ FQDN: 'helpdesk example org' })).to.deep.equal(['FQDN']);
    expect(settingsWarned({ ScriptAlias: 'otrs?x=/' })).to.deep.equal(['ScriptAlias']);
    expect(settingsWarned({ FQDN: '127.0.0.1:8065' })).to.deep.equal([]);
  });

  for (const [host, words] of [
    ['192.0.2.7', 'FQDN is an IP address'],
    ['192.0.2.7:8443', 'FQDN is an IP address'],
    ['[2001:db8::1]:8443', 'FQDN is an IP address'],
    ['helpdesk', 'FQDN has no public top-level domain'],
    ['helpdesk:8443', 'FQDN has no public top-level domain'],
    ['helpdesk.corp.local', 'FQDN has no public top-level domain'],
    ['helpdesk.lan.', 'FQDN has no public top-level domain'],
    ['Helpdesk.Example.INTERNAL', 'FQDN has no public top-level domain'],
    ['helpdesk.home.arpa', 'FQDN has no public top-level domain'],
  ] as const)
    it(`name a host that Google does not accept, and only for Google: ${host}`, () => {
      const [warning, ...more] = redirectWarnings(settingsOf({ FQDN: host }), 'otrs', 'google');
      expect(more).to.deep.equal([]);
      expect(warning?.setting).to.equal('FQDN');
      expect(inEnglish(warning?.text ?? ''))
        .to.contain(words)
        .and.match(/ Set it with:$/);
      expect(redirectWarnings(settingsOf({ FQDN: host }), 'otrs', 'microsoft')).to.deep.equal([]);
    });

  for (const host of [
    'helpdesk.example.org',
    'helpdesk.local.example.org:8443',
    'localhost',
    'localhost:8080',
    '127.0.0.1:8065',
    '[::1]:8065',
  ])
    it(`do not appear for a host that Google accepts: ${host}`, () => {
      expect(redirectWarnings(settingsOf({ FQDN: host }), 'otrs', 'google')).to.deep.equal([]);
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
