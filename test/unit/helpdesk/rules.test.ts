import path from 'node:path';
import { expect } from 'chai';
import { anySpelling } from '../../../plugin/helpdesk/any-spelling.js';
import { apacheRules } from '../../../plugin/helpdesk/apache-rules.js';
import { awayPage } from '../../../plugin/helpdesk/away-page.js';
import { nginxRules } from '../../../plugin/helpdesk/nginx-rules.js';
import { ruleFacts } from '../../../plugin/helpdesk/rule-facts.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PAGE = {
  locales: path.join(ROOT, 'templates/locales'),
  scriptAlias: 'otrs/',
  unit: 'znuny-oauth2@second',
};

const CHANNEL = { target: { port: 18270 }, framePort: 18271, secret: 'x'.repeat(32) };

describe("the parts of both web servers' rules", () => {
  it('recognise a word with any of its letters percent-encoded, and no other word', () => {
    const pattern = new RegExp(`^${anySpelling('Kz0')}$`);
    for (const word of ['Kz0', '%4bz0', '%4Bz0', 'K%7a0', 'K%7A%30', '%4B%7A%30'])
      expect(pattern.test(word), word).to.equal(true);
    for (const word of ['kz0', 'Kz', '%6bz0', 'Kz00', '%4z0', '', '%254bz0'])
      expect(pattern.test(word), word).to.equal(false);
  });

  it('name the service in seven languages on the page for a sidecar that does not answer', () => {
    const [head = '', ...parts] = awayPage(PAGE);
    expect(head).to.contain('href="/otrs/index.pl?Action=Admin"');
    const languages = parts.slice(0, -1).map((part) => /lang="([^"]+)"/.exec(part)?.[1]);
    expect(languages).to.deep.equal(['en', 'de', 'es', 'fr', 'hu', 'pt-BR', 'zh-CN']);
    for (const part of parts.slice(0, -1)) {
      expect(part).to.contain('<code>systemctl start znuny-oauth2&#64;second</code>');
      expect(part).to.contain('<code>znuny-oauth2 doctor</code>');
    }
    expect(parts[1]).to.contain('OAuth2-Sidecar antwortet nicht.');
    expect(parts[6]).to.contain('&#27809;&#26377;&#21709;&#24212;');
  });

  it('fit into a configuration file, and nginx accepts each of them', () => {
    for (const part of awayPage(PAGE)) {
      expect(part)
        .to.match(/^[ -~]+$/)
        .and.not.match(/['$%\\]/);
      expect(part.length).to.be.below(4000);
    }
    for (const broken of ["it's", '100%', '$1', 'a\\b', 'a\nb', 'ä']) {
      const facts = { scriptAlias: 'otrs', ...CHANNEL, homes: ['/opt/znuny'], awayPage: [broken] };
      expect(() => apacheRules(facts), broken).to.throw(RangeError);
      expect(() => nginxRules(facts), broken).to.throw(RangeError);
    }
  });

  it('close the built-in callback script under every name of the folder, also for host names', () => {
    const site = { scriptAlias: 'otrs', ...CHANNEL, awayPage: ['x'] };
    const closing = (rules: string) => /<If "(.*)">/.exec(rules)?.[1];
    expect(closing(apacheRules({ ...site, homes: ['/opt/znuny', '/srv/znuny-6.5'] }))).to.equal(
      "%{REQUEST_FILENAME} =~ m#^(?:/opt/znuny|/srv/znuny-6\\.5)/+bin/(?:cgi|fcgi)-bin/+get-oauth2-token-by-authorization-code\\.pl# && !(%{REQUEST_URI} == '/otrs/get-oauth2-token-by-authorization-code.pl')",
    );
    expect(closing(apacheRules({ ...site, homes: ['/h'], hosts: ['a.example'] }))).to.contain(
      '&& %{HTTP_HOST} =~ m#^(?:a\\.example)(?::[0-9]+)?$#i)',
    );
    for (const homes of [[], ['relative'], ['/a"b'], ["/a'b"], ['/a\nb']])
      expect(() => apacheRules({ ...site, homes }), JSON.stringify(homes)).to.throw(RangeError);
  });

  it('pass the screens on by a location that no pattern of another location comes before', () => {
    const rules = nginxRules({ scriptAlias: 'otrs', ...CHANNEL, awayPage: ['x'] });
    expect(rules.match(/^location .*\{$/gm)).to.deep.equal([
      'location ^~ /oauth2-sidecar-of-the-helpdesk/ {',
      'location @oauth2_sidecar_away {',
    ]);
  });

  it('name a folder that is a link both ways, and a missing one by its own name', () => {
    const facts = (home: string) =>
      ruleFacts({ scriptAlias: 'otrs', home, packageFolder: ROOT, unit: 'znuny-oauth2.service' });
    expect(facts('/nowhere/znuny').homes).to.deep.equal(['/nowhere/znuny']);
    expect(facts('/proc/self').homes).to.deep.equal(['/proc/self', `/proc/${process.pid}`]);
    expect(facts('/nowhere').awayPage.join('')).to.contain('<code>systemctl start znuny-oauth2</code>');
  });
});
