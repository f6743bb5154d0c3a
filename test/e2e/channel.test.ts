import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { CALLBACK } from '../../plugin/domain/consent/redirect-uri.js';
import { proofOf } from '../../plugin/helpdesk/internal-listener.js';
import { nginxRules } from '../../plugin/helpdesk/nginx-rules.js';
import { rulesOf, startFrontEnd } from '../lab/apache.js';
import { CREDENTIALS } from '../lab/instance.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { freePort, freePortPair, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { channelRules, LAB_SECRET, sidecarSocket } from '../lab/sidecar-channel.js';
import { extraSidecar, lab, session } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';

const CLIENT = 'X-OAuth2-Sidecar-Client';
const SECRET = 'X-OAuth2-Sidecar-Secret';
const FORGED = '198.51.100.66';
const SCREEN = '/otrs/index.pl?Action=AdminOAuth2TokenManagement';
/** The callback reveals the client's own address to every request with a nonce. */
const ECHO = `/otrs/${CALLBACK}?Doctor=nonce-of-sixteen-letters`;

/** Sends these lines as they are. @returns the whole answer */
function raw(port: number, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: Buffer) => {
      text += chunk;
      // A web server may keep the connection open although it was not asked to.
      const length = /^content-length: (\d+)\r$/im.exec(text)?.[1];
      if (length && text.length >= text.indexOf('\r\n\r\n') + 4 + Number(length)) socket.end();
    });
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
}
const get = (port: number, target: string, ...headers: string[]): Promise<string> =>
  raw(port, [`GET ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...headers]);
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const codeOf = (answer: string): string | undefined => /data-code="([^"]*)"/.exec(answer)?.[1];
const addressOf = (answer: string): string | undefined => /"address":"([^"]*)"/.exec(answer)?.[1];

/** What a browser can send to pass for another one, or to hide what the web server says. */
const ATTACKS: string[][] = [
  [`${CLIENT}: ${FORGED}`],
  [`${CLIENT}: ${FORGED}`, `${CLIENT}: ${FORGED}`],
  [`${CLIENT.toLowerCase()}: ${FORGED}`, `${CLIENT.toUpperCase()}: 127.0.0.1`],
  [`X_OAuth2_Sidecar_Client: ${FORGED}`],
  [`${CLIENT}:`],
  [`Connection: ${CLIENT}`],
  [`Connection: keep-alive, ${CLIENT.toLowerCase()}`, `${CLIENT}: ${FORGED}`],
  [`Connection: close`, `Connection: ${CLIENT}`],
  [`Connection: ${SECRET}`],
  [`Connection: ${CLIENT}, ${SECRET}`, `${CLIENT}: ${FORGED}`],
  [`${SECRET}: ${FORGED}`],
  [`${SECRET}: ${FORGED}`, `${SECRET.toLowerCase()}: ${FORGED}`],
  [`X_OAuth2_Sidecar_Secret: ${FORGED}`],
  [`Keep-Alive: ${CLIENT}`, `TE: trailers, ${CLIENT}`, `Trailer: ${CLIENT}`],
];

for (const [index, channel] of (['socket', 'tcp'] as const).entries())
  describe(`a web server that reaches the sidecar by ${channel === 'socket' ? 'a Unix socket' : 'a port and a secret'}`, function () {
    this.timeout(120_000);
    const name = `apache-by-${channel}`;
    const apache = lab.ports.apache + 6 + 2 * index;
    const port = lab.ports.sidecar + 6 + 2 * index;
    let nginxPort: number;
    let nginx: Awaited<ReturnType<typeof startNginx>>;
    let sidecar: Awaited<ReturnType<typeof extraSidecar>>;
    before(async () => {
      sidecar = await extraSidecar({ port, channel });
      await startFrontEnd(lab, name, apache, port, channel);
      nginxPort = await freePort();
      nginx = await startNginx(
        (folder) =>
          `server { listen 127.0.0.1:${nginxPort}; underscores_in_headers on; include ${folder}/rules.conf; }`,
        { 'rules.conf': nginxRules({ ...rulesOf(lab), ...channelRules(lab, port, channel) }) },
      );
      await until('nginx', async () => addressOf(await get(nginxPort, ECHO).catch(() => '')) !== undefined);
    });
    after(async () => {
      await nginx?.stop();
      await stopServer(lab, name);
      await sidecar?.stop();
    });

    for (const server of ['Apache', 'nginx'] as const)
      describe(server, () => {
        it('replaces whatever a browser sends in the headers of the channel, and keeps its own', async () => {
          const at = server === 'Apache' ? apache : nginxPort;
          for (const headers of [[], ...ATTACKS]) {
            const answer = await get(at, ECHO, ...headers);
            expect([statusOf(answer), addressOf(answer)], headers.join(' | ')).to.deep.equal([
              200,
              '127.0.0.1',
            ]);
          }
        });

        it('reveals the secret to nobody, whatever the request', async () => {
          const at = server === 'Apache' ? apache : nginxPort;
          for (const method of ['TRACE', 'OPTIONS', 'TRACK', 'DEBUG', 'PUT'])
            for (const more of [[], ['Max-Forwards: 0'], ['Max-Forwards: 1']])
              for (const target of [SCREEN, ECHO, '/otrs/index.pl']) {
                const lines = [
                  `${method} ${target} HTTP/1.1`,
                  'Host: 127.0.0.1',
                  ...more,
                  'Connection: close',
                ];
                expect(await raw(at, lines), lines.join(' | ')).to.not.include(LAB_SECRET);
              }
        });
      });

    it("cannot be impersonated by a program of this machine, and its own address is not taken for a browser's", async () => {
      const honest = `${CLIENT}: 127.0.0.1`;
      const refused = ['channel-unproven', 403];
      const judge = async (...headers: string[]) => {
        const answer = await get(port, SCREEN, ...headers, 'Connection: close');
        return [codeOf(answer) ?? '', statusOf(answer)];
      };
      for (const headers of [
        [],
        [honest],
        [honest, `${SECRET}: ${LAB_SECRET.slice(1)}`],
        [honest, `${SECRET}:`],
        [honest, `${SECRET}: ${LAB_SECRET}`, `${SECRET}: ${LAB_SECRET}`],
        [honest, `X_OAuth2_Sidecar_Secret: ${LAB_SECRET}`],
      ])
        expect(await judge(...headers), headers.join(' | ')).to.deep.equal(refused);
      const proven = `${SECRET}: ${LAB_SECRET}`;
      expect(await judge(honest, proven)).to.deep.equal(channel === 'tcp' ? ['', 303] : refused);
      if (channel === 'socket') return;
      for (const headers of [[], [honest, honest], [`${CLIENT}: localhost`]])
        expect(await judge(proven, ...headers)).to.deep.equal(['client-address-invalid', 400]);
    });

    it("is refused with the reason, in the browser's language", async () => {
      const page = await get(port, SCREEN, 'Accept-Language: de', 'Connection: close');
      expect(page)
        .to.include('Diese Anfrage kam nicht vom Webserver des Helpdesks')
        .and.include('znuny-oauth2 install');
    });

    it('does not affect health and metrics, which answer on the port', async () => {
      for (const target of ['/healthz', '/readyz', '/metrics'])
        expect(statusOf(await get(port, target, 'Connection: close')), target).to.equal(200);
    });
  });

describe("the web server's internal listener", function () {
  this.timeout(120_000);
  const port = lab.ports.sidecar + 1;
  const proven = `${SECRET}: ${LAB_SECRET}`;
  const script = path.join(lab.home, 'bin/cgi-bin/environment-of-a-test.pl');
  before(() => {
    writeFileSync(
      script,
      'print "Content-Type: text/plain\\n\\n", map { "$_=$ENV{$_}\\n" } sort keys %ENV;\n',
    );
    chmodSync(script, 0o755);
    giveToLabUser(script);
  });
  after(() => rmSync(script, { force: true }));

  it('answers nobody without the secret, whatever the request claims', async () => {
    for (const target of [
      '/',
      '/otrs/index.pl',
      '//otrs/index.pl',
      '/otrs/index.pl/x?Action=Login',
      '/otrs/customer.pl',
      '/otrs/environment-of-a-test.pl',
      '/otrs-web/',
      '/oauth2-sidecar-probe/../otrs/index.pl',
      '/oauth2-sidecar-probe/x',
      'http://oauth2-sidecar.localhost/otrs/index.pl',
    ])
      for (const headers of [
        [],
        [`${CLIENT}: ${FORGED}`],
        [`${SECRET}: ${LAB_SECRET.toUpperCase()}`],
        [proven, proven],
        [`X_OAuth2_Sidecar_Secret: ${LAB_SECRET}`],
      ])
        expect(
          statusOf(await get(port, target, ...headers, 'Connection: close')),
          `${target} ${headers}`,
        ).to.equal(403);
  });

  it("gives the page to the sidecar, with the browser's address; Perl never sees the secret", async () => {
    const inner = await get(
      port,
      '/otrs/environment-of-a-test.pl',
      proven,
      `${CLIENT}: ${FORGED}`,
      'Connection: close',
    );
    expect(statusOf(inner)).to.equal(200);
    expect(inner).to.include(`REMOTE_ADDR=${FORGED}\n`).and.not.include(LAB_SECRET);
    const outer = await get(
      lab.ports.apache,
      '/otrs/environment-of-a-test.pl',
      `${SECRET}: sent-by-a-browser`,
    );
    expect(outer)
      .to.include('REMOTE_ADDR=127.0.0.1\n')
      .and.not.match(/SIDECAR_SECRET|sent-by-a-browser/i);
  });

  it('proves that it knows the secret without revealing it', async () => {
    for (const nonce of ['a-nonce', 'another-one']) {
      const answer = await get(
        port,
        '/oauth2-sidecar-probe',
        `X-OAuth2-Sidecar-Nonce: ${nonce}`,
        'Connection: close',
      );
      expect(statusOf(answer)).to.equal(204);
      expect(/^X-OAuth2-Sidecar-Proof: (.*)\r$/im.exec(answer)?.[1]).to.equal(proofOf(LAB_SECRET, nonce));
      expect(answer).to.not.include(LAB_SECRET);
    }
  });
});

describe('another program that listens in place of the web server', function () {
  this.timeout(120_000);
  let sidecar: Awaited<ReturnType<typeof extraSidecar>>;
  let squatter: net.Server;
  let received = '';
  let connections = 0;
  /** Its answer to a request. */
  let answer: (head: string, socket: net.Socket) => void;
  before(async () => {
    squatter = net.createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        received += chunk;
        answer(String(chunk), socket);
      });
    });
    const port = await freePortPair();
    await new Promise<void>((listening) => squatter.listen(port + 1, '127.0.0.1', listening));
    sidecar = await extraSidecar({ port });
  });
  after(async () => {
    squatter?.close();
    await sidecar?.stop();
  });

  /** The overview, as the web server requests it. */
  const overview = (id: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { [CLIENT]: '127.0.0.1', Cookie: `OTRSAgentInterface=${id}` };
      request({ socketPath: sidecarSocket(lab, sidecar.port), path: SCREEN, headers }, (page) => {
        let text = '';
        page.on('data', (chunk: Buffer) => (text += chunk));
        page.on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
  const head = (proof: string, more = ''): string =>
    `HTTP/1.1 204 No Content\r\nX-OAuth2-Sidecar-Seen: 127.0.0.1\r\nX-OAuth2-Sidecar-Proof: ${proof}\r\n${more}\r\n`;
  /** The genuine listener's answer to these bytes; only here does it have the same secret. */
  const genuine = (bytes: string): Promise<string> =>
    raw(lab.ports.sidecar + 1, [bytes.trimEnd().replace(/^connection: .*$/im, 'Connection: close')]);

  /** How it answers, and how often the sidecar asks. */
  const ways: [string, typeof answer, times?: number][] = [
    ['without a proof', (_, socket) => socket.write(head(''))],
    ['with a proof that it makes up', (_, socket) => socket.write(head('0'.repeat(40)))],
    [
      'with the proof of another nonce',
      (_, socket) => socket.write(head(proofOf(LAB_SECRET, 'another-one'))),
    ],
    [
      "with the web server's own proof, to wait for the next connection",
      (bytes, socket) => void genuine(bytes).then((text) => socket.end(text)),
      // It proves itself and is gone, as a web server that ends an idle connection: the sidecar probes once more.
      2,
    ],
  ];
  for (const [what, way, times = 1] of ways)
    describe(what, () =>
      it("gets neither cookie nor secret; the admin gets a page without the helpdesk's frame", async () => {
        const admin = await session(CREDENTIALS.admin);
        received = '';
        connections = 0;
        answer = way;
        const page = await overview(admin.id);
        expect(page).to.include('OAuth2Overview').and.not.include('id="NavigationContainer"');
        expect(connections).to.equal(times);
        expect(received.match(/^GET /gm)).to.have.length(times);
        expect(received.match(/^GET \/oauth2-sidecar-probe /gm)).to.have.length(times);
        expect(received).to.not.include(admin.id).and.not.include(LAB_SECRET);
        expect((await admin.get('Action=Admin')).status, 'still logged in').to.equal(200);
      }),
    );
});
