import { expect } from 'chai';
import { apacheRules } from '../../../plugin/helpdesk/apache-rules.js';

const SECRET = 'secret-of-22-or-more-characters';
/** Like a new installation. */
const OF = {
  homes: ['/opt/znuny'],
  awayPage: ['<p>away', '</p>'],
  target: { socket: '/run/znuny-oauth2/sidecar.sock' },
  framePort: 18271,
  secret: SECRET,
};
const lines = (text: string) => text.split('\n').map((line) => line.trim());

describe('the rules for Apache', () => {
  it('follow ScriptAlias, however it is written, and the port', () => {
    const rules = apacheRules({ scriptAlias: 'otrs/', ...OF });
    for (const scriptAlias of ['/otrs/', 'otrs', '/otrs'])
      expect(apacheRules({ scriptAlias, ...OF })).to.equal(rules);
    expect(lines(rules)).to.include.members([
      '<LocationMatch "^/otrs/index\\.pl$">',
      'RewriteRule ^ unix:/run/znuny-oauth2/sidecar.sock|http://e9616730fda5.oauth2-sidecar.localhost/otrs/index.pl [P,E=OAUTH2_SIDECAR:1]',
      'Listen 127.0.0.1:18271',
      '<VirtualHost 127.0.0.1:18271>',
    ]);
    expect(
      lines(apacheRules({ ...OF, scriptAlias: 'help.desk/znuny', target: { port: 9 }, framePort: 7 })),
    ).to.include.members([
      '<LocationMatch "^/help\\.desk/znuny/index\\.pl$">',
      '<LocationMatch "^/help\\.desk/znuny/get-oauth2-token-by-authorization-code\\.pl$">',
      'RewriteRule ^ http://127.0.0.1:9/help.desk/znuny/index.pl [P,E=OAUTH2_SIDECAR:1]',
      'Listen 127.0.0.1:7',
    ]);
  });

  it('give the Unix sockets of two installations different names, because mod_proxy tells them apart by name', () => {
    const nameIn = (socket: string) =>
      /\|http:\/\/([^/"]+)/.exec(apacheRules({ ...OF, scriptAlias: 'otrs', target: { socket } }))?.[1];
    const [first, second] = ['/run/znuny-oauth2/sidecar.sock', '/run/znuny-oauth2/second.sock'].map(nameIn);
    expect(first).to.match(/^[0-9a-f]{12}\.oauth2-sidecar\.localhost$/);
    expect(second).to.not.equal(first);
  });

  it('accept our header at the internal listener and nowhere else', () => {
    const [outside = '', listener = ''] = apacheRules({ scriptAlias: 'otrs', ...OF }).split('<VirtualHost');
    expect(outside).to.contain('RequestHeader set X-OAuth2-Sidecar-Client "expr=%{REMOTE_ADDR}"');
    expect(outside).to.not.contain('RemoteIP');
    expect(listener)
      .to.contain('RemoteIPHeader X-OAuth2-Sidecar-Client')
      .and.contain('RemoteIPInternalProxy 127.0.0.1');
  });

  it('open the internal listener to a sidecar in another container, and to no other', () => {
    const rules = apacheRules({ ...OF, scriptAlias: 'otrs', target: { host: 'sidecar', port: 18270 } });
    const [outside = '', listener = ''] = rules.split('<VirtualHost');
    expect(lines(outside)).to.include.members([
      'RewriteRule ^ http://sidecar:18270/otrs/index.pl [P,E=OAUTH2_SIDECAR:1]',
      `RequestHeader set X-OAuth2-Sidecar-Secret "${SECRET}" env=OAUTH2_SIDECAR`,
      'Listen *:18271',
    ]);
    expect(outside).to.not.contain('RemoteIP');
    expect(lines(listener)).to.include.members([
      '*:18271>',
      'RemoteIPInternalProxy 0.0.0.0/1 128.0.0.0/1 ::/1 8000::/1',
      `RewriteCond %{HTTP:X-OAuth2-Sidecar-Secret} !=${SECRET}`,
    ]);
  });

  it('let the internal listener reach a helpdesk that lives in a virtual host', () => {
    const include = '/opt/znuny/scripts/apache2-httpd.include.conf';
    const [outside = '', listener = ''] = apacheRules({ scriptAlias: 'otrs', ...OF, include }).split(
      '<VirtualHost',
    );
    expect(outside).to.not.contain('Include');
    expect(lines(listener)).to.include(`Include "${include}"`);
  });

  it('apply to the names given for screens and callback', () => {
    const hosts = ['a.example.com', 'b'];
    const rules = lines(apacheRules({ scriptAlias: 'otrs', ...OF, hosts }));
    const condition = 'RewriteCond %{HTTP_HOST} ^(a\\.example\\.com|b)(:[0-9]+)?$ [NC]';
    expect(rules.filter((line) => line === condition)).to.have.length(2);
    expect(rules.filter((line) => line.startsWith('RewriteOptions'))).to.deep.equal([
      'RewriteOptions InheritBefore',
      'RewriteOptions InheritBefore',
    ]);
  });

  it('contain nothing that could end a line or a quote', () => {
    for (const wrong of [
      { scriptAlias: '' },
      { scriptAlias: 'otrs"\nInclude /etc/passwd' },
      { scriptAlias: 'otrs', target: { port: 0 } },
      { scriptAlias: 'otrs', framePort: 65_536 },
      { scriptAlias: 'otrs', target: { port: 9, host: 'a b' } },
      { scriptAlias: 'otrs', target: { port: 9, host: 'a:80' } },
      { scriptAlias: 'otrs', target: { socket: '/run/a|b' } },
      { scriptAlias: 'otrs', target: { socket: 'relative.sock' } },
      { scriptAlias: 'otrs', target: { socket: '/run/../etc/a.sock' } },
      { scriptAlias: 'otrs', secret: 'too-short' },
      { scriptAlias: 'otrs', secret: `${SECRET}' . %{req:Host} . '` },
      { scriptAlias: 'otrs', include: 'relative.conf' },
      { scriptAlias: 'otrs', include: '/a"b' },
      { scriptAlias: 'otrs', include: '/a\nb' },
      { scriptAlias: 'otrs', hosts: ['a b'] },
      { scriptAlias: 'otrs', hosts: ['a:80'] },
      { scriptAlias: 'otrs', hosts: ['a.example', ''] },
    ])
      expect(() => apacheRules({ ...OF, ...wrong }), JSON.stringify(wrong)).to.throw(RangeError);
  });
});
