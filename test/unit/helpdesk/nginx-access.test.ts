import { expect } from 'chai';
import { checkAccess } from '../../../plugin/helpdesk/nginx-access.js';
import { type Directive, readNginxConfig } from '../../../plugin/helpdesk/nginx-config.js';

const check = (block: string) => {
  const files = { read: () => `server { ${block} }`, list: () => [] };
  checkAccess(readNginxConfig(files, '/etc/nginx/nginx.conf')[0] as Directive, 'otrs/');
};
const PASS = 'proxy_pass http://127.0.0.1:5000;';

describe("the access control of the helpdesk's server block in nginx", () => {
  it('is refused where it would not apply to the screens: in the location of the helpdesk', () => {
    for (const [name, block] of [
      ['allow', `location /otrs/ { allow 10.0.0.0/8; deny all; ${PASS} }`],
      ['auth_basic', `location ~ ^/otrs/(.*\\.pl)$ { auth_basic "x"; ${PASS} }`],
      ['auth_request', `location ~* ^/OTRS/ { auth_request /auth; ${PASS} }`],
      ['limit_except', `location / { limit_except GET { deny all; } ${PASS} }`],
      ['satisfy', `location /otrs/ { satisfy any; location ~ \\.pl$ { ${PASS} } }`],
      ['deny', `location /otrs/ { ${PASS} location ~ \\.pl$ { deny all; } }`],
      ['if', `location /otrs/ { if ($ssl_client_verify != SUCCESS) { return 403; } ${PASS} }`],
      ['deny', `location /otrs/ { ${PASS} } location = /otrs/index.pl { deny all; ${PASS} }`],
      ['deny', `location ~ ^(?i)/otrs/ { deny all; ${PASS} }`],
    ] as const)
      expect(() => check(block), block)
        .to.throw(new RegExp(`"${name}" in "location .* would not apply to the screens`))
        .with.property('detail')
        .that.matches(
          /^\/etc\/nginx\/nginx\.conf: .* Nothing was changed\. .*server block.*--without-apache/,
        );
  });

  it('stays as it is where it applies to both, or to neither', () => {
    for (const block of [
      `allow 10.0.0.0/8; deny all; auth_basic "x"; location /otrs/ { ${PASS} }`,
      `location /otrs/ { ${PASS} } if ($ssl_client_verify != SUCCESS) { return 403; }`,
      `location = /otrs/installer.pl { deny all; } location /otrs/ { ${PASS} }`,
      `location / { deny all; } location /otrs/ { ${PASS} }`,
      `location ~ /\\.ht { deny all; } location /otrs/ { ${PASS} }`,
      `location ^~ /otrs/ { ${PASS} } location ~ \\.pl$ { deny all; }`,
      `location /otrs/ { if ($request_method = POST) { set $x 1; } ${PASS} }`,
      `location /otrs/ { ${PASS} } location /other/ { auth_basic "x"; }`,
    ])
      expect(() => check(block), block).to.not.throw();
  });

  it('is refused where its rewriting would end before the rules', () => {
    for (const what of ['rewrite ^/otrs/(.*)$ /desk/$1 last', 'rewrite "^(.*)$" $1 break', 'break'])
      for (const block of [`${what};`, `if ($x) { ${what}; }`])
        expect(() => check(`${block} location /otrs/ { ${PASS} }`), block)
          .to.throw(/in the server block of the helpdesk would lead past the rules/)
          .with.property('detail')
          .that.includes(what);
    for (const what of [
      'rewrite ^(.*)$ $1',
      'rewrite ^/$ /otrs/index.pl last',
      'rewrite ^/$ /otrs/index.pl redirect',
    ])
      expect(() => check(`${what}; location /otrs/ { ${PASS} }`), what).to.not.throw();
  });
});
