import { CLIENT_HEADER, SECRET_HEADER } from '../domain/helpdesk/channel.js';
import { PROBE_PATH, SEEN_HEADER } from './apache-rules.js';
import { type Directive, written } from './nginx-config.js';
import { portOf, secretOf } from './rule-values.js';

export interface NginxListenerOptions {
  /** The helpdesk's server block, and the `http` block around it. */
  server: Directive;
  http: readonly Directive[];
  /** The port on 127.0.0.1 through which the sidecar fetches the helpdesk's page frame. */
  framePort: number;
  /** The secret by which the sidecar proves its identity. */
  secret: string;
  /** The file with key and certificate by which nginx proves its identity, relative to nginx's folder. */
  pair: string;
}

/**
 * Directives of the helpdesk's own addresses, which the listener does not copy. An error page could pass a refused or
 * malformed request to the helpdesk before its secret is checked.
 */
const NOT_TAKEN_OVER =
  /^(?:error_page|listen|server_name|ssl_\w+|http2\w*|http3\w*|quic_\w+|set_real_ip_from|real_ip_\w+|keepalive_\w+|access_log|include)$/;

/** Only the browser has a client certificate, and its request was allowed already. */
const asksForCertificate = ({ name, words }: Directive): boolean =>
  name === 'if' && words.some((word) => word.includes('$ssl_client_'));

/** Directives by which a request's headers or parameters are set; a block with one of its own inherits none. */
const SETTERS = {
  proxy_pass: 'proxy_set_header',
  grpc_pass: 'grpc_set_header',
  fastcgi_pass: 'fastcgi_param',
  uwsgi_pass: 'uwsgi_param',
  scgi_pass: 'scgi_param',
} as const;
type Setter = (typeof SETTERS)[keyof typeof SETTERS];

const directive = (name: string, ...words: string[]): Directive => ({
  name,
  words,
  file: '',
  opens: null,
  closes: null,
  block: [],
});

/** Keeps the secret from the helpdesk. */
const blank = (name: Setter): Directive =>
  directive(
    name,
    name.endsWith('_param') ? `HTTP_${SECRET_HEADER.toUpperCase().replaceAll('-', '_')}` : SECRET_HEADER,
    '""',
  );

/** Makes a value for each of the directives that set headers or parameters. */
const perSetter = <T>(value: (name: Setter) => T): Record<Setter, T> =>
  Object.fromEntries(Object.values(SETTERS).map((name) => [name, value(name)])) as Record<Setter, T>;

/**
 * Gives each block that passes requests on what it would inherit, and takes the secret away.
 * @param inherited the directives that apply outside of the block
 */
function withoutSecret(
  block: readonly Directive[],
  inherited: Record<Setter, readonly Directive[]>,
): Directive[] {
  const now = perSetter((name) => {
    const own = block.filter((each) => each.name === name);
    return own.length > 0 ? own : inherited[name];
  });
  const passing = Object.entries(SETTERS).filter(([pass]) => block.some(({ name }) => name === pass));
  const set = passing.map(([, name]) => name);
  return [
    ...block
      .filter(({ name }) => !set.some((each) => each === name))
      .map((each) => (each.opens === null ? each : { ...each, block: withoutSecret(each.block, now) })),
    ...set.flatMap((name) => [...now[name], blank(name)]),
  ];
}

/**
 * Returns the internal listener of an nginx that is the helpdesk's only web server: a server of its own on 127.0.0.1
 * that leads to the helpdesk in exactly the same way as the helpdesk's own server block, so that the helpdesk sees the
 * browser's address there as it sees it otherwise. nginx cannot compute a proof from the secret as Apache does; it
 * proves its identity by a certificate that the sidecar knows (TLS). The file contains the secret, so only root may
 * read it.
 *
 * @throws RangeError for values that a configuration file cannot contain
 */
export function nginxListener({ server, http, framePort, secret, pair }: NginxListenerOptions): string {
  const copied = withoutSecret(
    server.block.filter((each) => !NOT_TAKEN_OVER.test(each.name) && !asksForCertificate(each)),
    perSetter((name) => http.filter((each) => each.name === name)),
  );
  return `# The internal listener, through which the OAuth2 sidecar asks for the helpdesk's page. Written by "znuny-oauth2 install"
# from ${server.file.replace(/[^ -~]/g, '?')}: run it again after a change there. Holds a secret: only root may read this file.
server {
  listen 127.0.0.1:${portOf(framePort)} ssl;
  server_name oauth2-sidecar.localhost;
  # By this certificate the sidecar recognises nginx before it sends anything.
  ssl_certificate ${pair};
  ssl_certificate_key ${pair};
  ssl_protocols TLSv1.2 TLSv1.3;
  keepalive_timeout 15s;
  # The browser's address; nobody but the sidecar gets beyond the next lines.
  set_real_ip_from 127.0.0.1;
  real_ip_header ${CLIENT_HEADER};
  add_header ${SEEN_HEADER} $remote_addr always;
  # So that none of the http block applies: it could lead to the helpdesk past the next lines.
  error_page 444 /;
  if ($uri = ${PROBE_PATH}) {
    return 204;
  }
  if ($http_${SECRET_HEADER.toLowerCase().replaceAll('-', '_')} != "${secretOf(secret)}") {
    return 403;
  }

  # As in the helpdesk's own server block.
${written(copied, '  ')}}
`;
}
