import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import { childProcesses } from '../support/child-processes.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { deliverMail, extraSidecar, lab, provider, session } from '../support/lab.js';
import { relayPassword } from '../support/relay.js';
import { socketHolder } from '../support/socket-holder.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Restarted ${Date.now()}`;

describe('a relay whose socket systemd holds', () => {
  let sidecar: Awaited<ReturnType<typeof extraSidecar>>;
  let configId: number;
  let password: string;
  let port: number;
  let screens: number;
  const name = `sidecar-held-${process.pid}`;

  const client = (pass = password) =>
    new ImapFlow({
      ...{ host: '127.0.0.1', port, secure: false, logger: false, greetingTimeout: 60_000 },
      auth: { user: SUPPORT, pass },
    });
  const holder = (): number =>
    (JSON.parse(readFileSync(path.join(lab.dir, `run/${name}.json`), 'utf8')) as { pid: number }).pid;
  /** The sidecar's own process. */
  const child = (): number => childProcesses(holder())[0] ?? 0;

  before(async () => {
    await provider.reset();
    port = await freePort();
    screens = await freePort();
    configId = await grantedConfig(NAME);
    sidecar = await extraSidecar({
      name,
      port: screens,
      channel: 'tcp',
      around: socketHolder({ imap: port, http: screens }),
      env: { NODE_EXTRA_CA_CERTS: path.join(lab.dir, 'dovecot/cert.pem') },
    });
    ({ password } = await relayPassword(configId, SUPPORT));
    deliverMail(SUPPORT, NAME);
  });
  after(async () => {
    await sidecar.stop();
    await removeConfigs([NAME]);
  });

  it('lets a busy client finish during a restart; one that connects meanwhile is served, too', async () => {
    const busy = client();
    await busy.connect();
    await busy.mailboxOpen('INBOX');
    const [before] = [child()];
    process.kill(before, 'SIGTERM');
    const waiting = client();
    const connected = waiting.connect();
    for (let count = 0; count < 3; count++) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const message = await busy.fetchOne('1', { source: true });
      expect((message || undefined)?.source?.length).to.be.greaterThan(100);
    }
    expect(child()).to.equal(before);
    await busy.logout();
    // Served by whichever process had accepted it.
    await connected;
    await waiting.logout();
    await until('the next process', () => child() !== before && child() !== 0);
    const next = client();
    await next.connect();
    await next.logout();
  });

  it('answers on its screens all the time: while a client is busy, while the next process begins, and after it', async () => {
    const admin = await session(CREDENTIALS.admin);
    const headers = { ...WEB_SERVER, Cookie: `OTRSAgentInterface=${admin.id}` };
    /** What the overview's first answer is, over a connection of its own. */
    const overview = () =>
      new Promise<string>((resolve) => {
        const path = '/otrs/index.pl?Action=AdminOAuth2TokenManagement';
        get({ host: '127.0.0.1', port: screens, path, headers, agent: false }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          answer.on('end', () => resolve(`${answer.statusCode} ${text.includes(NAME)}`));
        }).on('error', ({ message }) => resolve(message));
      });
    const busy = client();
    await busy.connect();
    await busy.mailboxOpen('INBOX');
    const before = child();
    process.kill(before, 'SIGTERM');
    const answers: string[] = [];
    for (let count = 0; count < 3; count++) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      answers.push(await overview());
      await busy.noop();
    }
    // The process that stops has answered: its client is still busy.
    expect([child(), answers]).to.deep.equal([before, Array(3).fill('200 true')]);
    await busy.logout();
    while (child() === before || child() === 0 || answers.length < 10) answers.push(await overview());
    expect([...new Set(answers)]).to.deep.equal(['200 true']);
    expect(await overview()).to.equal('200 true');
  });

  it('serves again after kill -9', async () => {
    const cut = client();
    await cut.connect();
    const ended = new Promise((resolve) => cut.once('close', resolve));
    cut.on('error', () => undefined);
    const killed = child();
    process.kill(killed, 'SIGKILL');
    await ended;
    const next = client();
    await next.connect();
    expect(child()).to.not.equal(killed);
    await next.logout();
  });

  it('tells a client that a mail server which does not answer may be back soon', async () => {
    const closed = await freePort();
    const silent = createServer((socket) => socket.end());
    const other = await freePort();
    await new Promise<void>((resolve) => silent.listen(other, '127.0.0.1', resolve));
    for (const target of [closed, other]) {
      const made = await relayPassword(configId, SUPPORT, { imap: `IMAPS:127.0.0.1:${target}` });
      const fault = await client(made.password)
        .connect()
        .then(
          () => ({}),
          (error: unknown) => error,
        );
      expect(fault).to.deep.include({ serverResponseCode: 'UNAVAILABLE' });
      expect(String((fault as { responseText?: string }).responseText)).to.contain(`127.0.0.1:${target}`);
    }
    silent.close();
    await until('the log', () => readFileSync(sidecar.log, 'utf8').includes('"kind":"passing"'));
  });
});
