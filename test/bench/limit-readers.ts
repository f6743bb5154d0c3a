import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import Router from '@koa/router';
import Koa from 'koa';
import { parseDocument, writeDocument } from '../../db/json-document.js';
import { validateForm } from '../../plugin/domain/configuration/validate-form.js';
import { judgeIdToken } from '../../plugin/domain/consent/identity.js';
import { readAnswer } from '../../plugin/domain/token/read-answer.js';
import { claimsOf } from '../../plugin/lib/jwt.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createTranscript } from '../../plugin/mail/transcript.js';
import { createWire } from '../../plugin/mail/wire.js';
import { failureOf, sanitize } from '../../plugin/oauth/provider-failure.js';
import { readTokenConfigYaml } from '../../plugin/usecases/read-token-config-yaml.js';
import { writeTokenConfigYaml } from '../../plugin/usecases/write-token-config-yaml.js';
import { readQuery } from '../../plugin/web/middleware/read-parameters.js';
import { createParameters, parsePairs } from '../../plugin/web/parameters.js';
import { readMultipart } from '../../plugin/web/read-multipart.js';
import { readForm } from '../../plugin/web/read-token-config-form.js';
import type { SidecarState } from '../../plugin/web/state.js';
import { wholeText } from '../support/whole-text.js';

const KB = 1024;
const MB = 1024 * KB;
const refused = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};
const filled = (size: number, piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

const ENTRY = (n: number) => `- Name: Mailbox ${n}
  ValidID: 1
  Config:
    ClientID: client-${n}
    Scope: https://outlook.office.com/IMAP.AccessAsUser.All offline_access
    Requests:
      TokenByRefreshToken:
        Request:
          URL: https://login.microsoftonline.com/common/oauth2/v2.0/token
          AutofilledParametersMapping: { client_id: ClientID, refresh_token: RefreshToken }
`;
function yamlOf(size: number): string {
  let text = '---\n';
  for (let n = 0; text.length < size; n++) text += ENTRY(n);
  return text;
}
function keysOf(size: number): string {
  let text = '- Name: A\n  Config:\n';
  for (let n = 0; text.length < size; n++) text += `    k${n}: v\n`;
  return text;
}

/** A web application with the parts that read the head of a request. */
export async function headReader() {
  const app = new Koa<SidecarState>();
  app.silent = true;
  const router = new Router<SidecarState>();
  router.all('/{*alias/}index.pl', readQuery, (ctx) => {
    ctx.cookies.get('OTRSAgentInterface');
    ctx.body = String(ctx.acceptsLanguages());
  });
  router.all('/{*alias/}get-oauth2-token-by-authorization-code.pl', readQuery, (ctx) => {
    ctx.body = 'x';
  });
  app.use(router.routes());
  const server = createServer({ maxHeaderSize: 32 * KB }, app.callback());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    ask: (path: string, headers: Record<string, string> = {}) =>
      new Promise<void>((done, failed) => {
        const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
          answer.resume();
          answer.on('end', done);
        });
        sent.on('error', failed);
        sent.end();
      }),
    close: () => server.close(),
  };
}

/** A mail server's bytes, one by one. */
async function mailLines(text: string): Promise<void> {
  const socket = new PassThrough();
  const wire = createWire(socket as unknown as Socket, createTranscript(['a-token-of-some-length']));
  const reading = (async () => {
    for (;;) await wire.line();
  })().catch(() => undefined);
  for (const byte of text) socket.emit('data', Buffer.from(byte));
  wire.close();
  await reading;
}

/** Its name, the limit in bytes or entries, and a reader for an input of a given size. */
export type Reader = [what: string, limit: number, read: (size: number) => () => unknown];

/** Everything that reads what others have written, with the worst known input for each. */
export function readers(ask: (path: string, headers?: Record<string, string>) => Promise<void>): Reader[] {
  const config = {
    id: 1,
    name: 'x',
    validId: 1,
    createTime: new Date(0),
    createBy: 1,
    changeTime: new Date(0),
    changeBy: 1,
  };
  const form = (size: number, piece: (n: number) => string) => {
    let text = '';
    for (let n = 0; n < 800 && text.length < size; n++) text += piece(n);
    return text.slice(0, size);
  };
  const json = (size: number) =>
    JSON.stringify({ access_token: 'a', list: filled(size, '[1,"x"],').length, text: filled(size, 'x\\"') });
  return [
    [
      'form of many parameters',
      2 * MB,
      (size) => {
        const text = filled(size, 'a&');
        return () => refused(() => parsePairs(text, '&'));
      },
    ],
    [
      'form of 800 long parameters',
      2 * MB,
      (size) => {
        const text = form(size, (n) => `Scope=s${n}${filled(2600, '+s%20')}&`);
        return () => refused(() => readForm(createParameters(parsePairs(text, '&'))));
      },
    ],
    [
      'form, the same name 800 times',
      2 * MB,
      (size) => {
        const text = form(size, () => `AuthorizationCodeFixedName=${filled(2500, '%C3%A4')}&`);
        return () => refused(() => readForm(createParameters(parsePairs(text, '&'))));
      },
    ],
    [
      'an endpoint of the form',
      64 * KB,
      (size) => {
        const form = readForm(createParameters([['UserInfoURL', `https://a/${filled(size - 11, '?')}#`]]));
        return () => validateForm(form, { document: {}, stored: true, now: new Date() });
      },
    ],
    ['the host of an endpoint', 64 * KB, (size) => () => addressRules().mayAsk(`${filled(size, '.')}x`)],
    [
      'multipart form',
      2 * MB,
      (size) => {
        const part = `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n${'x'.repeat(2500)}\r\n`;
        const body = Buffer.from(`${part.repeat(Math.floor(size / part.length))}--b--\r\n`);
        return () => readMultipart(body, 'multipart/form-data; boundary=b').catch(() => undefined);
      },
    ],
    [
      'multipart, one long head',
      2 * MB,
      (size) => {
        const body = Buffer.from(
          `--b\r\nContent-Disposition: form-data; name="${filled(size, 'x;=')}"\r\n\r\nx\r\n--b--\r\n`,
        );
        return () => readMultipart(body, 'multipart/form-data; boundary=b').catch(() => undefined);
      },
    ],
    ['query', 16 * KB, (size) => () => ask(`/otrs/index.pl?${filled(size - 1, 'a=%41;')}`)],
    ['path', 28 * KB, (size) => () => ask(filled(size, '/a/index.p'))],
    ['cookies', 28 * KB, (size) => () => ask('/otrs/index.pl', { Cookie: filled(size, 'O= ; ') })],
    [
      'Accept-Language',
      28 * KB,
      (size) => () => ask('/otrs/index.pl', { 'Accept-Language': filled(size, 'a;q=0.1,') }),
    ],
    [
      'YAML, an export',
      MB,
      (size) => {
        const file = Buffer.from(yamlOf(size));
        return () => readTokenConfigYaml(file);
      },
    ],
    [
      'YAML, different keys',
      128 * KB,
      (size) => {
        const file = Buffer.from(keysOf(size));
        return () => readTokenConfigYaml(file);
      },
    ],
    [
      'YAML, brackets',
      400 * KB,
      (size) => {
        const file = Buffer.from(`[${filled(size, '[a],')}`);
        return () => readTokenConfigYaml(file);
      },
    ],
    [
      'YAML, wrong escapes',
      MB,
      (size) => {
        const file = Buffer.from(`- "${filled(size, '\\q')}"`);
        return () => readTokenConfigYaml(file);
      },
    ],
    [
      'YAML, written',
      1000,
      (size) => {
        const { entries } = {
          entries: Array.from({ length: size }, (_none, n) => ({
            ...config,
            document: {
              ClientID: `c${n}`,
              Requests: { TokenByRefreshToken: { Request: { URL: 'https://x.example/t' } } },
            },
          })),
        };
        return () => wholeText(writeTokenConfigYaml([entries], () => 'then'));
      },
    ],
    [
      'stored document, deep',
      MB,
      (size) => {
        const half = Math.floor(size / 2);
        const text = `{"a":${'['.repeat(half)}${']'.repeat(half)}}`;
        return () => writeDocument(parseDocument(text));
      },
    ],
    [
      'stored document, long text',
      4 * MB,
      (size) => {
        const text = JSON.stringify({ a: filled(size, 'x"\\'), n: '1234567890123456' });
        return () => writeDocument(parseDocument(text));
      },
    ],
    [
      'provider answer',
      MB,
      (size) => {
        const text = json(size);
        return () =>
          readAnswer({}, 'TokenByRefreshToken', JSON.parse(text) as Record<string, unknown>, new Date());
      },
    ],
    [
      'provider error',
      MB,
      (size) => {
        const text = filled(size, 'secret-1\n');
        return () => [
          failureOf({ error: text, error_description: text }, 400, ['secret-1', 'secret-2']),
          sanitize(text, ['secret-1']),
        ];
      },
    ],
    [
      'ID token',
      MB,
      (size) => {
        const token = `a.${Buffer.from(JSON.stringify({ aud: filled(size, 'a,').split(','), nonce: 'n', iss: filled(size, 'https://'), sub: filled(size, '\u202e ') })).toString('base64url')}.c`;
        return () =>
          judgeIdToken(claimsOf(token), {
            clientId: 'c',
            issuer: undefined,
            authorizationEndpoint: 'https://x',
            nonce: 'n',
            now: new Date(),
          });
      },
    ],
    [
      "mail server's lines, byte by byte",
      64 * KB,
      (size) => {
        const text = filled(size, `${'x'.repeat(8000)}\n`);
        return () => mailLines(text);
      },
    ],
    [
      "mail server's empty lines",
      64 * KB,
      (size) => {
        const text = filled(size, '\r\n');
        return () => mailLines(text);
      },
    ],
  ];
}
