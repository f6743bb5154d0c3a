import { expect } from 'chai';
import type { AlertSecrets } from '../../../../plugin/domain/alert/alert-secrets.js';
import { channelSetups, heartbeatSettings } from '../../../../plugin/domain/alert/channel-setups.js';
import { mailSettings } from '../../../../plugin/domain/alert/mail-settings.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';
import { settingsOf } from '../../../support/samples.js';

const NONE: AlertSecrets = {
  smtpPassword: null,
  webhookUrl: null,
  webhookKey: null,
  command: null,
  heartbeatUrl: null,
};
const alerts = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`OAuth2Sidecar::Alert::${name}`, value]));
const TO = { 'Mail::Recipients': 'a@example.org, b@example.org', 'Mail::Sender': 'desk@example.org' };
const mail = (values: Record<string, string>, secrets: Partial<AlertSecrets> = {}) =>
  mailSettings(settingsOf(values), { ...NONE, ...secrets });
const setupOf = (name: string, values: Record<string, string>, secrets: Partial<AlertSecrets> = {}) => {
  const found = channelSetups(settingsOf(values), { ...NONE, ...secrets }).find((one) => one.name === name);
  return [found?.state, found?.remarks.map(inEnglish)];
};
const problem = (values: Record<string, string>, secrets: Partial<AlertSecrets> = {}) => {
  const wanted = mail(values, secrets);
  return wanted !== 'off' && 'problem' in wanted ? inEnglish(wanted.problem) : wanted;
};

describe('the settings of the alert channels', () => {
  it('switch everything off where they are empty', () => {
    expect(channelSetups(settingsOf(), NONE).map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      'mail off',
      'webhook off',
      'command off',
      'heartbeat off',
    ]);
  });

  it('name a mail server of its own, whose password is not a setting', () => {
    const own = alerts({ ...TO, 'Mail::Host': 'mail.example.org', 'Mail::User': 'alerts' });
    expect(mail(own, { smtpPassword: 'p' })).to.deep.equal({
      recipients: ['a@example.org', 'b@example.org'],
      sender: 'desk@example.org',
      isHelpdesks: false,
      server: {
        host: 'mail.example.org',
        port: 587,
        tls: 'starttls',
        verify: true,
        auth: { user: 'alerts', password: 'p' },
      },
    });
    expect(problem(own)).to.equal(
      "The mail server for alerts has a user, but SIDECAR_ALERT_SMTP_PASSWORD is missing from the sidecar's configuration file.",
    );
  });

  it("use the helpdesk's outbound mail otherwise, with its password or token", () => {
    const smtp = {
      ...alerts(TO),
      SendmailModule: 'Kernel::System::Email::SMTPTLS',
      'SendmailModule::Host': 'smtp.example.org',
      'SendmailModule::AuthUser': 'desk',
      'SendmailModule::AuthPassword': 'p',
    };
    expect(mail(smtp)).to.deep.include({
      isHelpdesks: true,
      server: {
        host: 'smtp.example.org',
        port: 587,
        tls: 'starttls',
        verify: true,
        auth: { user: 'desk', password: 'p' },
      },
    });
    expect(setupOf('mail', smtp)).to.deep.equal(['on', []]);
    const byToken = {
      ...smtp,
      'SendmailModule::AuthenticationType': 'oauth2_token',
      'SendmailModule::OAuth2TokenConfigName': 'Outbound',
    };
    expect(setupOf('mail', byToken)).to.deep.equal([
      'on',
      [
        "Alerts use the helpdesk's outbound mail, which itself signs in with a token (Outbound): if that token stops working, nobody is alerted. Enter another mail server for the alerts, or add a second channel.",
      ],
    ]);
    expect(mail({ ...alerts(TO), SendmailModule: 'Kernel::System::Email::Sendmail' })).to.deep.include({
      server: { host: '127.0.0.1', port: 25, tls: 'none', verify: true, auth: null },
    });
  });

  it('are refused where they cannot work, or where a line break would add a header', () => {
    expect(problem(alerts({ ...TO, 'Mail::Recipients': 'nobody' }))).to.equal(
      'This is not an e-mail address: nobody',
    );
    expect(problem(alerts({ ...TO, 'Mail::Sender': 'a@example.org\nBcc: b@example.org' }))).to.match(
      /^Alerts have no valid sender address: /,
    );
    expect(problem({ ...alerts(TO), SendmailModule: 'Kernel::System::Email::DoNotSendEmail' })).to.equal(
      'The helpdesk sends no mail by SMTP: enter a mail server for the alerts.',
    );
    expect(problem(alerts({ ...TO, 'Mail::Host': 'a host' }))).to.equal(
      'The mail server for alerts is not a host name: a host',
    );
    expect(setupOf('webhook', alerts({ 'Webhook::URL': 'ftp://example.org/' }))[0]).to.equal('problem');
    expect(setupOf('heartbeat', alerts({ 'Heartbeat::URL': 'https://u:p@example.org/' }))[0]).to.equal(
      'problem',
    );
  });

  it('warn about a webhook that is neither encrypted nor signed', () => {
    const url = alerts({ 'Webhook::URL': 'http://hook.example.org/' });
    expect(setupOf('webhook', url)[1]).to.have.length(2);
    const key = { webhookKey: Buffer.alloc(32) };
    expect(setupOf('webhook', alerts({ 'Webhook::URL': 'https://hook.example.org/' }), key)).to.deep.equal([
      'on',
      [],
    ]);
  });

  it('take the addresses that are secrets from the configuration file', () => {
    const set = alerts({ 'Heartbeat::URL': 'https://setting.example/', 'Heartbeat::Minutes': '1' });
    const wanted = heartbeatSettings(settingsOf(set), { heartbeatUrl: 'https://secret.example/x' });
    expect(wanted).to.deep.equal({ url: new URL('https://secret.example/x'), every: 60_000 });
    expect(setupOf('webhook', {}, { webhookUrl: 'https://hooks.example/secret' })[0]).to.equal('on');
  });
});
