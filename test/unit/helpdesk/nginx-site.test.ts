import { expect } from 'chai';
import { readNginxConfig } from '../../../plugin/helpdesk/nginx-config.js';
import { nginxListener } from '../../../plugin/helpdesk/nginx-listener.js';
import { findNginxSite, includesFolder } from '../../../plugin/helpdesk/nginx-site.js';

const MAIN = '/etc/nginx/nginx.conf';

/** @param files path -> text */
const filesOf = (files: Record<string, string>) => ({
  read: (file: string) => files[file] ?? null,
  list: (folder: string) =>
    Object.keys(files)
      .filter((file) => file.startsWith(`${folder}/`))
      .map((file) => file.slice(folder.length + 1)),
});

const DEBIAN = `user www-data;
events { worker_connections 768; }
http {
	proxy_set_header X-From-Http yes;
	include /etc/nginx/conf.d/*.conf;
	include sites-enabled/*;
}
`;

const site = (text: string, more: Record<string, string> = {}) =>
  filesOf({ [MAIN]: DEBIAN, '/etc/nginx/sites-enabled/desk': text, ...more });

const find = (
  files: ReturnType<typeof filesOf>,
  hosts = ['desk.example.com'],
  { scriptAlias = 'otrs/', onlyHosts = false } = {},
) =>
  findNginxSite(files, {
    ...{ scriptAlias, hosts, onlyHosts },
    isOurs: (file) => file.includes('oauth2-sidecar'),
  });

const PSGI = 'location /otrs/ { proxy_pass http://127.0.0.1:5000; }';

describe("the helpdesk in nginx's configuration", () => {
  it('is found in included files, through comments, quotes, variables and nested blocks', () => {
    const text = `# server { location /otrs/ { proxy_pass http://no; } }
server { listen 80; return 301 https://$host$request_uri; }
server {
  listen 443 ssl; # with a } in a comment
  set $x "a { ; # \\" b";
  set $y \${x}s;
  if ($scheme = http) { return 400; }
  location ~ ^/otrs/(.*\\.pl)(/.*)?$ { fastcgi_pass unix:/run/fcgiwrap.socket; include fastcgi_params; }
}
`;
    const { servers } = find(site(text, { '/etc/nginx/fastcgi_params': 'fastcgi_param A $a;' }));
    expect(servers).to.have.length(1);
    const [server] = servers;
    expect(text.slice(server?.opens ?? 0, server?.closes ?? 0))
      .to.match(/^\n {2}listen 443 ssl;/)
      .and.match(/include fastcgi_params; \}\n$/);
    expect(server?.block.find(({ name }) => name === 'set')?.words).to.deep.equal(['$x', '"a { ; # \\" b"']);
  });

  it('is each server block that leads there, by its own location or by its host name', () => {
    const both = `server { listen 80; ${PSGI} } server { listen 443 ssl; ${PSGI} }`;
    expect(find(site(both)).servers).to.have.length(2);
    const named = `server { server_name other.example.com; location / { proxy_pass http://a; } }
      server { server_name "Desk.example.com"; location / { proxy_pass http://b; } }`;
    const { servers } = find(site(named));
    expect(servers.map(({ block }) => block[0]?.words)).to.deep.equal([['"Desk.example.com"']]);
  });

  it('is not a location of static files, of another name, without a target, or a file of ours', () => {
    for (const location of [
      'location /otrs-web/ { proxy_pass http://a; }',
      'location /my-otrs/ { proxy_pass http://a; }',
      'location /otrs2/ { proxy_pass http://a; }',
      'location /otrs/ { root /srv; }',
    ])
      expect(() => find(site(`server { server_name x; ${location} }`)), location).to.throw(
        /no server block with a location \/otrs\//,
      );
    expect(() => find(site('', { '/etc/nginx/conf.d/oauth2-sidecar.conf': `server { ${PSGI} }` }))).to.throw(
      /no server block/,
    );
  });

  it('is chosen by host name where two helpdesks have the same ScriptAlias, and otherwise refused', () => {
    const two = `server { server_name a.example.com; ${PSGI} }
      server { server_name b.example.com; ${PSGI.replace('5000', '6000')} }`;
    expect(() => find(site(two))).to.throw(/lead to different places: .*5000.*6000.*--host NAME/);
    const { servers } = find(site(two), ['b.example.com']);
    expect(servers.map(({ block }) => block[0]?.words)).to.deep.equal([['b.example.com']]);
  });

  it('is one of two that the same program runs, told apart by the folder of its scripts', () => {
    const desk = (host: string, before: string, inside: string) =>
      `server { server_name ${host}; ${before} location ~ ^/otrs/(.*\\.pl)$ { ${inside} fastcgi_pass unix:/run/fcgiwrap.socket; } }`;
    const script = (text: string) => `fastcgi_param SCRIPT_FILENAME ${text};`;
    const byFolder = script('$document_root$fastcgi_script_name');
    for (const [a, b] of [
      [desk('a', '', script('/opt/a/bin/$1')), desk('b', '', script('/opt/b/bin/$1'))],
      [desk('a', script('/opt/a/$1'), ''), desk('b', script('/opt/b/$1'), '')],
      [desk('a', 'root /opt/a;', byFolder), desk('b', 'root /opt/b;', byFolder)],
      [desk('a', '', `alias /opt/a; ${byFolder}`), desk('b', '', `alias /opt/b; ${byFolder}`)],
      [desk('a', 'set $h /opt/a;', script('${h}/$1')), desk('b', 'set $h /opt/b;', script('${h}/$1'))],
    ] as const) {
      expect(() => find(site(`${a}\n${b}`)), a).to.throw(/lead to different places: .*--host NAME/);
      const { servers } = find(site(`${a}\n${b}`), ['b']);
      expect(servers.map(({ block }) => block[0]?.words)).to.deep.equal([['b']]);
    }
    const same = script('/opt/a/$1');
    const both = `${desk('a', 'root /x;', same)}\n${desk('a', 'root /y;', same)}`;
    expect(find(site(both)).servers, 'a folder without effect').to.have.length(2);
  });

  it('has only the server blocks of the names that an admin gave, wherever others lead', () => {
    const two = site(
      `server { server_name a.example.com; ${PSGI} } server { server_name b.example.com; ${PSGI} }`,
    );
    const names = (hosts: string[], onlyHosts: boolean) =>
      find(two, hosts, { onlyHosts }).servers.map(({ block }) => block[0]?.words[0]);
    expect(names(['b.example.com'], true)).to.deep.equal(['b.example.com']);
    expect(names(['b.example.com'], false)).to.deep.equal(['a.example.com', 'b.example.com']);
    expect(() => names(['c.example.com'], true)).to.throw(
      /no server block with a location \/otrs\/ .* and a server_name c\.example\.com\..*Nothing was changed/,
    );
  });

  it('is refused, with the file and what to do, where the configuration cannot be understood', () => {
    for (const [text, why] of [
      ['server { listen 80;', /sites-enabled\/desk: braces or semicolons are missing/],
      ['server { listen 80 }', /braces or semicolons/],
      ['} server {', /braces or semicolons/],
      ['server { set $x "open; }', /line 1 cannot be understood/],
      ['server {\n content_by_lua_block { return 1 } }', /"content_by_lua_block" cannot be understood/],
      ['include missing.conf;', /missing\.conf: the file cannot be read/],
      ['include sites-enabled/desk;', /included too deeply/],
    ] as const)
      expect(() => readNginxConfig(site(text), MAIN), text)
        .to.throw(why)
        .with.property('detail')
        .that.matches(/Nothing was changed\..* by hand: znuny-oauth2 nginx-rules/);
  });

  it('needs conf.d in the http block for the internal listener', () => {
    const { http } = find(site(`server { ${PSGI} }`));
    expect(includesFolder(http, '/etc/nginx/conf.d')).to.equal(true);
    expect(includesFolder(http, '/etc/nginx/other.d')).to.equal(false);
  });
});

describe("the internal listener of an nginx that is the helpdesk's only web server", () => {
  const listener = (text: string, more: Record<string, string> = {}) => {
    const { servers, http } = find(site(text, more));
    const [server] = servers;
    if (!server) throw new Error('no server');
    const options = { framePort: 18271, secret: 'x'.repeat(32), pair: 'oauth2-sidecar.pem' };
    return nginxListener({ server, http, ...options });
  };

  it("leads to the helpdesk as its server block does, without that block's addresses and certificates", () => {
    const text = listener(
      `server {
      listen 443 ssl; server_name desk.example.com; ssl_certificate a.pem; ssl_certificate_key a.key;
      set_real_ip_from 10.0.0.1; real_ip_header X-Forwarded-For; client_max_body_size 20m;
      location /otrs/ { proxy_pass http://127.0.0.1:5000; proxy_set_header X-Forwarded-For $remote_addr; }
    }`,
    );
    expect(text).to.match(
      / {2}client_max_body_size 20m;\n {2}location \/otrs\/ \{\n {4}proxy_pass http:\/\/127\.0\.0\.1:5000;\n/,
    );
    expect(text).to.not.match(/listen 443|desk\.example\.com|a\.pem|a\.key|10\.0\.0\.1|real_ip_header X-For/);
    expect(text.match(/listen .*;/g)).to.deep.equal(['listen 127.0.0.1:18271 ssl;']);
  });

  it('keeps the secret from the helpdesk, and leaves every header as it was inherited', () => {
    const setters = (text: string, name: string) =>
      [...text.matchAll(new RegExp(`^\\s*(${name} .*);$`, 'gm'))].map(([, line]) => line);
    const blank = 'proxy_set_header X-OAuth2-Sidecar-Secret ""';
    expect(setters(listener(`server { ${PSGI} }`), 'proxy_set_header')).to.deep.equal([
      'proxy_set_header X-From-Http yes',
      blank,
    ]);
    expect(setters(listener(`server { proxy_set_header A 1; ${PSGI} }`), 'proxy_set_header')).to.deep.equal([
      'proxy_set_header A 1',
      'proxy_set_header A 1',
      blank,
    ]);
    const fcgi = `server { location /otrs/ { include fastcgi_params; fastcgi_pass unix:/s; } }`;
    expect(
      setters(listener(fcgi, { '/etc/nginx/fastcgi_params': 'fastcgi_param A $a;' }), 'fastcgi_param'),
    ).to.deep.equal(['fastcgi_param A $a', 'fastcgi_param HTTP_X_OAUTH2_SIDECAR_SECRET ""']);
  });

  it('keeps the secret from the helpdesk behind every protocol', () => {
    for (const [pass, setter] of [
      ['uwsgi_pass', 'uwsgi_param HTTP_X_OAUTH2_SIDECAR_SECRET'],
      ['scgi_pass', 'scgi_param HTTP_X_OAUTH2_SIDECAR_SECRET'],
      ['grpc_pass', 'grpc_set_header X-OAuth2-Sidecar-Secret'],
    ] as const)
      expect(listener(`server { location /otrs/ { ${pass} 127.0.0.1:5000; } }`), pass).to.include(
        `    ${setter} "";\n`,
      );
  });

  it("takes over no server block's page for an error, and no condition on the browser's certificate", () => {
    const text = listener(
      `server { error_page 403 497 = @desk; if ($ssl_client_verify != SUCCESS) { return 403; } ${PSGI}
        if ($request_method = TRACE) { return 405; } location @desk { proxy_pass http://127.0.0.1:5000; } }`,
    );
    // One of its own, so that the http block's does not apply either.
    expect(text.match(/error_page .*/g)).to.deep.equal(['error_page 444 /;']);
    expect(text).to.include('if ($request_method = TRACE)').and.not.include('ssl_client_verify');
  });

  it('lets nobody but the sidecar beyond its probe', () => {
    const text = listener(`server { ${PSGI} }`);
    const probe = text.indexOf('if ($uri = /oauth2-sidecar-probe) {');
    const refusal = text.indexOf(
      `if ($http_x_oauth2_sidecar_secret != "${'x'.repeat(32)}") {\n    return 403;`,
    );
    expect(probe).to.be.greaterThan(0);
    expect(refusal).to.be.greaterThan(probe).and.lessThan(text.indexOf('location'));
  });
});
