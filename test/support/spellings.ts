import type { Random } from './random.js';
import { bent, encoded, plain, shuffled } from './spelled-words.js';

/** One request as it is sent. */
export interface Spelling {
  bytes: Buffer;
  /** Readable, for messages. */
  shown: string;
  /** Plain enough that the sidecar must answer it. */
  honest: boolean;
}

export interface Target {
  /** IDs of token configurations that the requests attack. */
  configIds: number[];
  /** Cookie headers: of an admin, of an agent who may only look, of nobody. */
  cookies: string[];
  host: string;
  /** Without characters of more than a byte: the log of a 6.0 dies of one, and then every page that logs something. */
  narrow: boolean;
}

const ACTION = 'AdminOAuth2TokenManagement';
const CALLBACK = 'get-oauth2-token-by-authorization-code.pl';
type Pair = readonly [key: string, value: string];

/** What an attacker wants from the built-in module. */
function wish(random: Random, { configIds }: Target): Pair[] {
  const id = String(random.pick(configIds));
  return random.pick<Pair[]>([
    [],
    [
      ['Subaction', 'EditTokenConfig'],
      ['ID', id],
    ],
    [
      ['Subaction', 'DeleteTokenConfig'],
      ['ID', id],
    ],
    [['Subaction', 'ExportTokenConfigurations']],
    [
      ['Subaction', 'AddTokenConfigByTemplateFile'],
      ['TokenConfigTemplateFilename', 'Google-Mail.yml'],
    ],
    [
      ['Subaction', 'SaveTokenConfig'],
      ['ID', id],
      ['Name', `<script>alert(${random.below(1000)})</script>`],
      ['ClientID', 'x'],
      ['ClientSecret', 'x'],
      ['AuthorizationCodeRequestURL', 'https://a.example/'],
      ['TokenByAuthorizationCodeRequestURL', 'https://b.example/'],
      ['TokenByRefreshTokenRequestURL', 'https://c.example/'],
      ['ValidID', '1'],
    ],
    [
      ['Subaction', 'ImportTokenConfigurations'],
      ['OverwriteExistingTokenConfigurations', '1'],
    ],
    [['Subaction', 'RequestTokenByAuthorizationCode'], ...consent(random, id)],
  ]);
}

/** The built-in state can be guessed. */
const consent = (random: Random, id: string): Pair[] => [
  ['state', `TokenConfigID${id}`],
  ['code', `forged${random.below(1000)}`],
];

const NOISE = ['', '=', 'x', 'x=1', '=x', 'Action', 'Lang=de', '%', 'a[]=1', ';', '&'];

/** Pairs as a query: both separators, noise in between. */
function joined(random: Random, texts: string[], noise: readonly string[]): string {
  const all = texts.flatMap((text) => (random.chance(0.25) ? [random.pick(noise), text] : [text]));
  return all.map((text, index) => (index === 0 ? text : random.pick([';', '&']) + text)).join('');
}

/** Addresses that mean exactly this script. */
function honestPath(random: Random, script: string): string {
  return random.pick([
    () => `/otrs/${script}`,
    () => `/otrs/${encoded(random, script, 0.2)}`,
    () => `/${encoded(random, 'otrs', 0.5)}/${script}`,
    () => `//otrs//${script}`,
    () => `/otrs/./${script}`,
    () => `/otrs/x/../${script}`,
  ])();
}

/** Other ways to a script of the helpdesk. */
function bentPath(random: Random, script: string): string {
  const folder = random.pick(['/otrs', '/otrs', '/otrs', '/znuny', '/cgi-bin', '/otrs-web', '/OTRS', '']);
  return random.pick([
    () => `${folder}/${script}`,
    () => `${folder}/${script}/`,
    () => `${folder}/${script}/x`,
    () => `${folder}/${script}/x/../y`,
    () => `${folder}/${script}//`,
    () => `${folder}/${script}%2f`,
    () => `${folder}/${script};x=y`,
    () => `${folder}/${script}%3bx`,
    () => `${folder}/${script}%3f`,
    () => `${folder}/${bent(random, script)}`,
    () => `${folder}%2f${script}`,
    () => `${folder}/../otrs/${script}/z`,
    () => `${folder}/..%2fotrs/${script}`,
    () => `//${folder}///${script}/.//`,
    () => `${folder}/customer.pl`,
    () => `${folder}/public.pl`,
    () => `${folder}/installer.pl`,
    () => `${folder}/rpc.pl`,
    () => `${folder}/nph-genericinterface.pl`,
    () => `${folder}/app.psgi`,
    () => `${folder}/`,
    () => `${folder}/nothing.pl`,
    () => `${folder}/${script.slice(0, -3)}`,
  ])();
}

const METHODS = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'PROPFIND',
  'TRACE',
  'get',
  'FOO',
];
const IMPORT = `- Name: forged\n  ValidID: 1\n  Config:\n    ClientID: x\n    ClientSecret: x\n`;

/** With an upload, as for an import. */
function multipart(random: Random, texts: string[]): Body {
  const boundary = `b${random.below(1e9)}`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: `${texts
      .map((text) => text.split('='))
      .map(
        ([key = '', value = '']) =>
          `--${boundary}\r\nContent-Disposition: form-data; name="${decoded(key)}"\r\n\r\n${decoded(value)}\r\n`,
      )
      .join(
        '',
      )}--${boundary}\r\nContent-Disposition: form-data; name="FileUpload"; filename="f.yml"\r\nContent-Type: text/yaml\r\n\r\n${IMPORT}\r\n--${boundary}--\r\n`,
  };
}

/** A form that the helpdesk reads. */
const formOf = (random: Random, texts: string[]): Body =>
  random.chance(0.5)
    ? multipart(random, texts)
    : { type: 'application/x-www-form-urlencoded', body: texts.join('&') };

interface Body {
  type: string | null;
  body: string;
}

/** A body in one of the three encodings of HTML forms, or in none of them. */
function bodyOf(random: Random, texts: string[]): Body {
  return random.pick<() => Body>([
    () => ({ type: 'application/x-www-form-urlencoded', body: texts.join(random.pick(['&', '&', ';'])) }),
    () => ({ type: 'application/x-www-form-urlencoded; charset=UTF-16', body: texts.join('&') }),
    () => multipart(random, texts),
    () => ({ type: 'text/plain', body: texts.map(decoded).join('\r\n') }),
    () => ({ type: 'text/plain', body: texts.join('&') }),
    () => ({
      type: 'application/json',
      body: JSON.stringify(Object.fromEntries(texts.map((text) => text.split('=')))),
    }),
    () => ({ type: null, body: texts.join('&') }),
  ])();
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

interface Parts {
  method: string;
  target: string;
  type?: string | null;
  body?: string;
}

function wire(random: Random, { host, cookies }: Target, parts: Parts, honest: boolean): Spelling {
  const { method, target, type, body } = parts;
  const version = honest ? 'HTTP/1.1' : random.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0']);
  const cookie = random.pick(cookies);
  const isChunked = body !== undefined && version === 'HTTP/1.1' && random.chance(0.15);
  const headers = [
    ...(version === 'HTTP/1.0' && random.chance(0.5)
      ? []
      : [`Host: ${random.pick([host, host, 'localhost', 'HELPDESK.example.'])}`]),
    'Connection: close',
    ...(cookie === '' ? [] : [`Cookie: ${cookie}`]),
    ...(random.chance(0.3) ? ['Referer: https://evil.example/'] : []),
    ...(type ? [`Content-Type: ${type}`] : []),
    ...(body === undefined
      ? []
      : [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
  ];
  const sent = isChunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : (body ?? '');
  const text = `${method} ${target} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${sent}`;
  return {
    bytes: Buffer.from(text, 'latin1'),
    shown: JSON.stringify(text.replace(/Cookie: [^\r]*/, 'Cookie: …')),
    honest,
  };
}

const textOf = ([key, value]: Pair): string => `${plain(key)}=${plain(value)}`;

/** The Action with any letters percent-encoded, anywhere in the query, whatever the body says. */
function honestScreen(random: Random, target: Target): Spelling {
  const share = random.pick([0, 0, 0.3, 1]);
  const action = `${encoded(random, 'Action', share)}=${encoded(random, ACTION, share)}`;
  const more = random.chance(0.6) ? [['Subaction', 'Bar'] as const] : wish(random, target);
  const query = joined(random, shuffled(random, [action, ...more.map(textOf)]), ['', 'x=1', 'Lang=de', 'x']);
  const path = `${honestPath(random, 'index.pl')}?${query}`;
  const method = random.pick(['GET', 'GET', 'HEAD', 'POST']);
  const parts = method === 'POST' ? bodyOf(random, more.map(textOf)) : {};
  return wire(random, target, { method, target: path, ...parts }, true);
}

function honestCallback(random: Random, target: Target): Spelling {
  const pairs = consent(random, String(random.pick(target.configIds))).map(textOf);
  const path = `${honestPath(random, CALLBACK)}?${joined(random, shuffled(random, pairs), ['', 'x=1', 'iss=x'])}`;
  return wire(random, target, { method: random.pick(['GET', 'GET', 'HEAD', 'POST']), target: path }, true);
}

/** Everything else that could lead somebody to the built-in module. */
function bentScreen(random: Random, target: Target): Spelling {
  const key = random.chance(0.3) ? bent(random, 'Action') : encoded(random, 'Action', random.pick([0, 0.3]));
  const value = random.chance(0.5) ? bent(random, ACTION) : encoded(random, ACTION, random.pick([0, 0.3]));
  const action = `${key}=${value}`;
  const twice = random.pick([
    [],
    [],
    ['Action='],
    ['Action=AgentDashboard'],
    [`Action=${ACTION}`],
    ['action=x'],
  ]);
  const actions = shuffled(random, [action, ...twice]);
  const more = shuffled(random, wish(random, target).map(textOf));
  const filler = random.chance(0.03) ? [`x=${'y'.repeat(random.pick([4000, 9000, 40_000]))}`] : [];
  const inQuery = random.pick([
    () => [...actions, ...more],
    () => more,
    () => [],
    () => actions,
    () => [`Subaction=x`, ...filler, ...actions, ...more],
  ])();
  const path = random.chance(0.5) ? honestPath(random, 'index.pl') : bentPath(random, 'index.pl');
  const query = joined(random, inQuery, NOISE);
  const method = random.pick(METHODS);
  const carriesBody =
    !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method.toUpperCase()) || random.chance(0.1);
  const absolute = random.chance(0.03) ? `http://${target.host}` : '';
  const parts = carriesBody ? bodyOf(random, [...actions, ...more]) : {};
  const address = `${absolute}${path}${query === '' && random.chance(0.5) ? '' : random.pick(['?', '?', '?', '?', '??', '?;'])}${query}`;
  return wire(random, target, { method, target: address, ...parts }, false);
}

function bentCallback(random: Random, target: Target): Spelling {
  const pairs = consent(random, String(random.pick(target.configIds))).map(textOf);
  const noisy = random.chance(0.3)
    ? [`Action=${ACTION}`, 'Subaction=DeleteTokenConfig', `ID=${target.configIds[0]}`]
    : [];
  const query = joined(random, shuffled(random, [...pairs, ...noisy]), NOISE);
  const method = random.pick(METHODS);
  const parts = method === 'POST' || method === 'PUT' ? bodyOf(random, pairs) : {};
  return wire(random, target, { method, target: `${bentPath(random, CALLBACK)}?${query}`, ...parts }, false);
}

/** What the helpdesk itself recognises as the Action, but rules for one spelling do not. */
function understood(random: Random, target: Target): Spelling {
  const share = random.pick([0, 0.3, 1]);
  const action = `${encoded(random, 'Action', share)}=${encoded(random, ACTION, share)}`;
  const more = wish(random, target).map(textOf);
  const all = shuffled(random, [action, ...more]);
  const query = (texts: string[]) => joined(random, texts, ['', 'x=1', 'Lang=de']);
  const parts = random.pick<() => Parts>([
    () => ({
      method: 'GET',
      target: `/otrs/index.pl/${random.pick(['', 'x', 'x/y', '%41', 'index.pl', CALLBACK])}?${query(all)}`,
    }),
    () => ({
      method: 'GET',
      target: `/otrs/index.pl?${query([action + random.pick(['%20', '+', '%09', '%0a', '%20%20']), ...more])}`,
    }),
    () => ({ method: 'GET', target: `${random.pick(['/znuny', '/cgi-bin'])}/index.pl?${query(all)}` }),
    () => ({
      method: 'POST',
      target: `/otrs/index.pl${random.pick(['', '?', '?x=1', '/y'])}`,
      ...formOf(random, all),
    }),
    () => ({ method: 'POST', target: `/otrs/index.pl?${query(more)}`, ...formOf(random, [action]) }),
    () => ({ method: 'GET', target: `/otrs/index.pl/x?Action=;${query(all)}` }),
  ])();
  return wire(random, target, parts, false);
}

/** Requests for the built-in module and callback, in every spelling that this file knows; endless. */
export function* spellings(random: Random, target: Target): Generator<Spelling, never> {
  const kinds = [
    honestScreen,
    honestScreen,
    honestCallback,
    understood,
    understood,
    bentScreen,
    bentScreen,
    bentCallback,
  ];
  for (;;) {
    const spelling = random.pick(kinds)(random, target);
    if (target.narrow && /%(?:[c-f][\da-f]|u)/i.test(spelling.shown)) continue;
    yield spelling;
  }
}
