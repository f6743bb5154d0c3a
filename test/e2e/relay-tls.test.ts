import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { exec } from '../lab/exec.js';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { deliverMail, provider, znunyOauth2 } from '../support/lab.js';
import { relayPassword, relaySidecar } from '../support/relay.js';
import { submissionServer } from '../support/submission-server.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Relay TLS ${Date.now()}`;

describe('the relay with a certificate, for curl', function () {
  this.timeout(180_000);
  let folder: string;
  let certificate: string;
  let relay: Awaited<ReturnType<typeof relaySidecar>>;
  let smtp: Awaited<ReturnType<typeof submissionServer>>;
  let password: string;
  let configId: number;
  let env: Record<string, string>;
  const ports: Record<string, number> = {};

  const curl = (url: string, ...args: string[]) =>
    exec('curl', [
      ...['-sS', '--max-time', '60', '--cacert', certificate],
      ...['--user', `${SUPPORT}:${password}`, url, ...args],
    ]);
  const send = async (url: string, subject: string, ...args: string[]) => {
    const file = path.join(folder, 'mail');
    writeFileSync(file, `Subject: ${subject}\r\n\r\nHello\r\n`);
    await curl(url, '--mail-from', SUPPORT, '--mail-rcpt', 'a@example.test', '-T', file, ...args);
    await until('the mail', () => smtp.received.some(({ text }) => text.includes(subject)), 10_000);
  };

  before(async () => {
    await provider.reset();
    folder = mkdtempSync(path.join(tmpdir(), 'oauth-test-'));
    certificate = path.join(folder, 'cert.pem');
    const { cert, key } = await selfSigned();
    writeFileSync(certificate, cert);
    writeFileSync(path.join(folder, 'key.pem'), key);
    // The sidecar may run as another user.
    for (const [file, mode] of [
      [folder, 0o755],
      [certificate, 0o644],
      [path.join(folder, 'key.pem'), 0o644],
    ] as const)
      chmodSync(file, mode);
    configId = await grantedConfig(NAME);
    smtp = await submissionServer();
    for (const scheme of ['imap', 'imaps', 'pop3s', 'smtp', 'smtps']) ports[scheme] = await freePort();
    env = {
      // Another machine could reach the first: no password without TLS.
      SIDECAR_RELAY: Object.entries(ports)
        .map(([scheme, port]) => `${scheme}://${scheme === 'imap' ? '0.0.0.0' : '127.0.0.1'}:${port}`)
        .join(' '),
      SIDECAR_RELAY_CERTIFICATE: certificate,
      SIDECAR_RELAY_KEY: path.join(folder, 'key.pem'),
    };
    relay = await relaySidecar(env);
    ({ password } = await relayPassword(configId, SUPPORT, { smtp: smtp.port }));
    deliverMail(SUPPORT, `${NAME} waiting`);
  });
  after(async () => {
    await relay?.stop();
    await smtp?.close();
    await removeConfigs([NAME]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves TLS from the first byte (imaps, pop3s, smtps)', async () => {
    expect(await curl(`imaps://127.0.0.1:${ports.imaps}/INBOX`, '-X', 'SEARCH ALL')).to.match(
      /^\* SEARCH 1\b/,
    );
    expect(await curl(`pop3s://127.0.0.1:${ports.pop3s}/1`)).to.contain('Please help.');
    await send(`smtps://127.0.0.1:${ports.smtps}`, `${NAME} smtps`);
  });

  it('serves STARTTLS, and takes no password without it where other machines may listen', async () => {
    const url = `imap://127.0.0.1:${ports.imap}/INBOX`;
    expect(await curl(url, '--ssl-reqd', '-X', 'SEARCH ALL')).to.match(/^\* SEARCH 1\b/);
    await send(`smtp://127.0.0.1:${ports.smtp}`, `${NAME} starttls`, '--ssl-reqd');
    const clear = await curl(url, '-X', 'SEARCH ALL').then(
      () => 'served',
      (error: unknown) => String(error),
    );
    expect(clear).to.match(/curl: \((67|94)\)/);
  });

  it('is tested over TLS by "mailbox test --relay" and by the doctor', async () => {
    const test = await znunyOauth2(['mailbox', 'test', String(configId), '--relay', '--json'], '', env);
    const [{ attempts = [] } = {}] = JSON.parse(test.out || '[{}]') as {
      attempts?: { relay: string; fault: unknown }[];
    }[];
    expect(attempts.map(({ relay: at, fault }) => [at.split(':')[0], fault]).sort(), test.err).to.deep.equal(
      ['imap', 'imaps', 'pop3s', 'smtp', 'smtps'].map((scheme) => [scheme, null]),
    );
    const doctor = await znunyOauth2(['doctor', '--only', 'relay'], '', env);
    expect(doctor.out).to.contain(`imaps://127.0.0.1:${ports.imaps}`).and.contain('The relay listens at');
  });
});
