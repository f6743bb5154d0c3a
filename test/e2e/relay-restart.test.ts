import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { childProcesses } from '../support/child-processes.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { deliverMail, extraSidecar, lab, provider } from '../support/lab.js';
import { relayPassword } from '../support/relay.js';
import { socketHolder } from '../support/socket-holder.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Restarted ${Date.now()}`;

describe('a relay whose socket systemd holds', () => {
  let sidecar: Awaited<ReturnType<typeof extraSidecar>>;
  let configId: number;
  let password: string;
  let port: number;
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
    configId = await grantedConfig(NAME);
    sidecar = await extraSidecar({
      name,
      around: socketHolder(port, 'imap'),
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
