import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { grantedConfig, removeAllConfigs } from '../support/granted-config.js';
import { databaseRows, extraSidecar, lab, provider, session, znunyOauth2 } from '../support/lab.js';
import { mailReceiver } from '../support/mail-receiver.js';
import { endsIn } from '../support/stored-token.js';
import { webhookReceiver } from '../support/webhook-receiver.js';

const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PASSWORD = 'the-password-of-the-alerts';
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAME = 'Watched <b>mailbox</b>';

describe('alerts of the genuine helpdesk', () => {
  let hook: Awaited<ReturnType<typeof webhookReceiver>>;
  let mail: Awaited<ReturnType<typeof mailReceiver>>;
  let beats: Awaited<ReturnType<typeof webhookReceiver>>;
  let folder: string;
  let env: Record<string, string>;
  const set = (values: Record<string, string>) =>
    setSettings(
      lab,
      Object.entries(values).map(([name, value]) => ({ name: `OAuth2Sidecar::Alert::${name}`, value })),
    );

  before(async function () {
    this.timeout(120_000);
    await removeAllConfigs();
    await provider.reset();
    for (const table of ['alert', 'alert_message']) await databaseRows(`DELETE FROM oauth2_sidecar_${table}`);
    await databaseRows("DELETE FROM oauth2_sidecar_alert_channel WHERE channel <> 'all'");
    hook = await webhookReceiver(KEY);
    beats = await webhookReceiver(KEY);
    mail = await mailReceiver(PASSWORD);
    folder = mkdtempSync(path.join(os.tmpdir(), 'alerts-'));
    chmodSync(folder, 0o777);
    const program = path.join(folder, 'program');
    writeFileSync(program, `#!/bin/sh\n(umask 0; cat >> ${folder}/told)\n`);
    chmodSync(program, 0o755);
    env = {
      SIDECAR_ALERT_WEBHOOK_SECRET: KEY,
      SIDECAR_ALERT_SMTP_PASSWORD: PASSWORD,
      SIDECAR_ALERT_COMMAND: program,
    };
    await set({
      'Webhook::URL': hook.url,
      'Mail::Recipients': 'admin@example.org',
      'Mail::Sender': 'desk@example.org',
      'Mail::Host': '127.0.0.1',
      'Mail::Port': String(mail.port),
      'Mail::User': 'alerts',
      'Mail::VerifyCertificate': '0',
      'Heartbeat::URL': beats.url,
      'Heartbeat::Minutes': '1',
      DelayMinutes: '0',
      Language: 'de',
    });
  });
  after(async function () {
    this.timeout(120_000);
    await set({
      'Webhook::URL': '',
      'Mail::Recipients': '',
      'Mail::Sender': '',
      'Mail::Host': '',
      'Mail::Port': '',
      'Mail::User': '',
      'Mail::VerifyCertificate': '1',
      'Heartbeat::URL': '',
      'Heartbeat::Minutes': '5',
      DelayMinutes: '2',
      Language: '',
    });
    await provider.reset();
    await removeAllConfigs();
    for (const receiver of [hook, beats, mail]) await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are tested over each channel by a command that tells what the other side answered', async () => {
    const { code, out, err } = await znunyOauth2(['alert', 'test', '--json'], '', env);
    expect(JSON.parse(out), err).to.deep.equal([
      { channel: 'mail', result: 'sent', answer: '250 Queued as 4711', remarks: [] },
      {
        channel: 'webhook',
        result: 'sent',
        answer: 'HTTP 204',
        remarks: ['The webhook is sent without encryption: use an address that begins with https://.'],
      },
      { channel: 'command', result: 'sent', answer: 'exit code 0', remarks: [] },
      { channel: 'heartbeat', result: 'sent', answer: 'HTTP 204', remarks: [] },
    ]);
    expect(code).to.equal(0);
    expect((hook.received[0]?.verified as { type?: string } | null)?.type).to.equal('alert.test');
    expect(mail.received.map(({ to, user, isEncrypted }) => [to, user, isEncrypted])).to.deep.equal([
      [['admin@example.org'], 'alerts', true],
    ]);
    expect(mail.received[0]?.source).to.contain('Test der Alarme');
  });

  it('show in that command why a message did not arrive, without the secret', async () => {
    hook.answer.with = (_request, response) => response.writeHead(403).end('no_team');
    const wrong = { ...env, SIDECAR_ALERT_SMTP_PASSWORD: 'a-wrong-password' };
    const { code, out, err } = await znunyOauth2(['alert', 'test'], '', wrong);
    expect(code).to.equal(4);
    expect(out).to.match(/^webhook +failed +HTTP 403: no_team$/m);
    expect(out).to.match(/^mail +failed +535 /m);
    expect(out + err).to.not.contain('a-wrong-password');
    hook.answer.with = (_request, response) => response.writeHead(204).end();
    // The mail server is only allowed because the lab's sidecars may reach this machine.
    const strict = await znunyOauth2(['alert', 'test', 'webhook'], '', {
      ...env,
      SIDECAR_ALLOW_ADDRESSES: '',
    });
    expect([strict.code, strict.out]).to.satisfy(
      ([exit, text]: [number, string]) => exit === 4 && /^webhook +failed +EADDRESSREFUSED$/m.test(text),
    );
  });

  it('tell a refused client once, over every channel, from two sidecars of which one is killed', async function () {
    this.timeout(400_000);
    const id = await grantedConfig(NAME);
    await stopServer(lab, 'sidecar');
    const [one, two] = [await extraSidecar({ env }), await extraSidecar({ env })];
    try {
      beats.received.length = 0;
      await until('a heartbeat', () => beats.received.length > 0, 90_000);
      for (const { received } of [hook, mail]) received.length = 0;
      rmSync(path.join(folder, 'told'), { force: true });
      await provider.set({ mode: 'invalid_client' });
      await endsIn(id, 240);
      await until('the webhook', () => hook.received.length > 0, 90_000);
      await one.stop('SIGKILL');
      await until('the mail', () => mail.received.length > 0, 90_000);
      const told = () => {
        try {
          return readFileSync(path.join(folder, 'told'), 'utf8').trim().split('\n');
        } catch {
          return [];
        }
      };
      await until('the command', () => told().length > 0, 90_000);
      const ids = new Set(hook.received.map(({ headers }) => headers['webhook-id']));
      expect([ids.size, new Set(told().map((line) => JSON.parse(line).id))]).to.deep.equal([1, ids]);
      const subjects = mail.received.map(({ source }) => /^Message-ID: .*$/m.exec(source)?.[0]);
      expect(new Set(subjects).size).to.equal(1);
      const body = hook.received[0]?.verified as {
        type: string;
        data: { groups: { severity: string; subjects: { id: number; name: string }[] }[] };
      };
      expect(body.type).to.equal('alert.problem');
      // A warning as long as the access token lives, and an error after that.
      const [group, ...others] = body.data.groups;
      expect([others, group?.subjects[0]?.id]).to.deep.equal([[], id]);
      expect(group?.severity).to.be.oneOf(['warning', 'error']);
      expect(mail.received[0]?.source).to.contain('Subject: ').and.contain(NAME);
      const figures = await (await fetch(`http://127.0.0.1:${two.port}/metrics`)).text();
      expect(figures).to.match(/^oauth2_sidecar_alert_channel_up\{channel="(mail|webhook|command)"\} 1$/m);
    } finally {
      await Promise.all([one.stop('SIGKILL').catch(() => undefined), two.stop()]);
      await startSidecar(lab);
    }
  });

  it('have a screen with a button that sends a test, and the overview names a channel that cannot work', async () => {
    // This sidecar has no password for the mail server, no signing key and no program.
    const admin = await session(CREDENTIALS.admin);
    const page = await (await admin.get(`${SCREEN};Subaction=Alerts`)).text();
    expect(
      [...page.matchAll(/data-channel="(\w+)" data-state="(\w+)"/g)].map(([, name, state]) => [name, state]),
    ).to.deep.equal([
      ['mail', 'problem'],
      ['webhook', 'on'],
      ['command', 'off'],
      ['heartbeat', 'on'],
    ]);
    const missing = 'SIDECAR_ALERT_SMTP_PASSWORD is missing from the sidecar';
    expect(page).to.contain(missing);
    expect(await (await admin.get(SCREEN)).text()).to.contain(missing);
    hook.received.length = 0;
    const send = async (channel: string) => {
      const answer = await admin.post(`${SCREEN};Subaction=Alerts`, { Channel: channel });
      return [answer.status, await answer.text()] as const;
    };
    hook.answer.with = (_request, response) => response.writeHead(403).end('<b>no_team</b>');
    expect((await send('webhook'))[1]).to.contain('HTTP 403: &lt;b&gt;no_team&lt;/b&gt;');
    hook.answer.with = (_request, response) => response.writeHead(204).end();
    expect((await send('webhook'))[1]).to.contain('Response: HTTP 204');
    expect(hook.received.map(({ body }) => JSON.parse(body).type)).to.deep.equal([
      'alert.test',
      'alert.test',
    ]);
    expect((await send('mail'))[1]).to.contain(missing);
    expect((await send('pigeon'))[0]).to.equal(400);
  });
});
