import { expect } from 'chai';
import { apacheRules } from '../../../plugin/helpdesk/apache-rules.js';

const SITE = { homes: ['/opt/znuny'], awayPage: ['<p>away', '</p>'] };
const lines = (text: string) => text.split('\n').map((line) => line.trim());

describe('the rules for Apache', () => {
  it('follow ScriptAlias, however it is written, and the port', () => {
    const rules = apacheRules({ ...SITE, scriptAlias: 'otrs/', sidecarPort: 18270 });
    for (const scriptAlias of ['/otrs/', 'otrs', '/otrs'])
      expect(apacheRules({ ...SITE, scriptAlias, sidecarPort: 18270 })).to.equal(rules);
    expect(lines(rules)).to.include.members([
      '<LocationMatch "^/otrs/index\\.pl$">',
      'RewriteRule ^ http://127.0.0.1:18270/otrs/index.pl [P]',
      'Listen 127.0.0.1:18271',
      '<VirtualHost 127.0.0.1:18271>',
    ]);
    expect(
      lines(apacheRules({ ...SITE, scriptAlias: 'help.desk/znuny', sidecarPort: 9, framePort: 7 })),
    ).to.include.members([
      '<LocationMatch "^/help\\.desk/znuny/index\\.pl$">',
      '<LocationMatch "^/help\\.desk/znuny/get-oauth2-token-by-authorization-code\\.pl$">',
      'Listen 127.0.0.1:7',
    ]);
  });

  it('believe our header at the door and nowhere else', () => {
    const [outside = '', door = ''] = apacheRules({ ...SITE, scriptAlias: 'otrs', sidecarPort: 18270 }).split(
      '<VirtualHost',
    );
    expect(outside).to.contain('RequestHeader set X-OAuth2-Sidecar-Client "expr=%{REMOTE_ADDR}"');
    expect(outside).to.not.contain('RemoteIP');
    expect(door)
      .to.contain('RemoteIPHeader X-OAuth2-Sidecar-Client')
      .and.contain('RemoteIPInternalProxy 127.0.0.1');
  });

  it('let the door see a helpdesk that stands inside of a virtual host', () => {
    const include = '/opt/znuny/scripts/apache2-httpd.include.conf';
    const [outside = '', door = ''] = apacheRules({
      ...SITE,
      scriptAlias: 'otrs',
      sidecarPort: 18270,
      include,
    }).split('<VirtualHost');
    expect(outside).to.not.contain('Include');
    expect(lines(door)).to.include(`Include "${include}"`);
  });

  it('are for the names that are given, of screens and callback', () => {
    const hosts = ['a.example.com', 'b'];
    const rules = lines(apacheRules({ ...SITE, scriptAlias: 'otrs', sidecarPort: 18270, hosts }));
    const condition = 'RewriteCond %{HTTP_HOST} ^(a\\.example\\.com|b)(:[0-9]+)?$ [NC]';
    expect(rules.filter((line) => line === condition)).to.have.length(2);
    expect(rules.filter((line) => line.startsWith('RewriteOptions'))).to.deep.equal([
      'RewriteOptions InheritBefore',
      'RewriteOptions InheritBefore',
    ]);
  });

  it('are not made of what could end a line or a quote', () => {
    for (const wrong of [
      { scriptAlias: '' },
      { scriptAlias: 'otrs"\nInclude /etc/passwd' },
      { scriptAlias: 'otrs', sidecarPort: 0 },
      { scriptAlias: 'otrs', sidecarPort: 65_535 },
      { scriptAlias: 'otrs', include: 'relative.conf' },
      { scriptAlias: 'otrs', include: '/a"b' },
      { scriptAlias: 'otrs', include: '/a\nb' },
      { scriptAlias: 'otrs', hosts: ['a b'] },
      { scriptAlias: 'otrs', hosts: ['a:80'] },
      { scriptAlias: 'otrs', hosts: ['a.example', ''] },
    ])
      expect(() => apacheRules({ ...SITE, sidecarPort: 18270, ...wrong }), JSON.stringify(wrong)).to.throw(
        RangeError,
      );
  });
});
