import { homedir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../plugin/config/load-config.js';
import { SidecarError } from '../../plugin/errors.js';
import { sha256 } from '../../plugin/lib/hash.js';

const home = { HELPDESK_HOME: '/opt/znuny' };

/** Environment variables that no program of the helpdesk receives. */
const KEPT_BACK = [
  'PERL5LIB',
  'PERL5OPT',
  'PERLLIB',
  'PERL5DB',
  'LD_PRELOAD',
  'NODE_OPTIONS',
  'SIDECAR_DATABASE_ADMIN_PASSWORD',
  'NOTIFY_SOCKET',
];

function refusal(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).to.be.instanceOf(SidecarError);
    expect((error as SidecarError).code).to.equal('config-invalid');
    return (error as SidecarError).detail ?? '';
  }
  throw new Error('nothing was thrown');
}

const KEY = `SHA256:${'a+/9'.repeat(10)}xyz`;

describe('the environment', () => {
  it('needs nothing but the home; the result is frozen', () => {
    const config = loadConfig({ ...home, SIDECAR_PORT: '', LOG_LEVEL: ' ' });
    expect(config).to.deep.equal({
      home: '/opt/znuny',
      isAlone: false,
      socket: '/run/znuny-oauth2/sidecar.sock',
      port: 18270,
      host: '127.0.0.1',
      listener: { host: '127.0.0.1', port: 18271 },
      secret: null,
      listenerCertificate: null,
      templatesFolder: null,
      databaseUser: null,
      credentialsFolder: null,
      stateFolder: path.join(homedir(), '.local/state/znuny-oauth2', sha256('/opt/znuny').slice(0, 12)),
      helpdeskEnv: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      allowedAddresses: [],
      databaseServer: [],
      given: null,
      alertSecrets: {
        smtpPassword: null,
        webhookUrl: null,
        webhookKey: null,
        command: null,
        heartbeatUrl: null,
      },
      relay: { places: [], tls: null },
      logLevel: 'info',
    });
    expect(Object.isFrozen(config)).to.equal(true);
  });

  it('lets the web server use the port where no socket is set, as version 0.1 did', () => {
    const { socket, port, secret } = loadConfig({ ...home, SIDECAR_PORT: '18280', SIDECAR_SOCKET: '' });
    expect({ socket, port, secret }).to.deep.equal({ socket: null, port: 18280, secret: null });
  });

  it("may hold no secret that can be guessed, and none that the web server's configuration cannot hold", () => {
    for (const secret of ['short', `quote"${'x'.repeat(30)}`, 'x'.repeat(129)])
      expect(refusal({ ...home, SIDECAR_SECRET: secret })).to.match(/^SIDECAR_SECRET must have 22 to 128/);
    for (const socket of ['relative.sock', '/run/a b', '/run/../a', '/run/a|b', `/run/${'x'.repeat(107)}`])
      expect(refusal({ ...home, SIDECAR_SOCKET: socket })).to.match(
        /^SIDECAR_SOCKET must be an absolute path/,
      );
  });

  it('may set every variable', () => {
    expect(
      loadConfig({
        HELPDESK_HOME: '/opt/znuny/',
        SIDECAR_SOCKET: '/run/helpdesk/sidecar.sock',
        SIDECAR_PORT: '0',
        SIDECAR_HOST: '::1',
        SIDECAR_WEB_SERVER: 'helpdesk.internal:8081',
        SIDECAR_SECRET: 'chosen-at-random-32-letters-long',
        SIDECAR_LISTENER_CERTIFICATE: `SHA256:${'a_-9'.repeat(10)}xyz`,
        SIDECAR_TEMPLATES: '/etc/sidecar',
        STATE_DIRECTORY: '/var/lib/znuny-oauth2',
        CREDENTIALS_DIRECTORY: '/run/credentials/znuny-oauth2.service',
        SIDECAR_DATABASE_USER: 'oauth2_sidecar',
        SIDECAR_DATABASE_PASSWORD: 'its password',
        SIDECAR_ALLOW_ADDRESSES: '127.0.0.0/8, ::1',
        SIDECAR_DATABASE_SERVER: `${KEY}, mariadb`,
        SIDECAR_ALERT_SMTP_PASSWORD: 'of the mail server',
        SIDECAR_ALERT_WEBHOOK_URL: 'https://hooks.example/secret',
        SIDECAR_ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
        SIDECAR_ALERT_COMMAND: '/usr/local/bin/alert',
        SIDECAR_ALERT_HEARTBEAT_URL: 'https://beat.example/secret',
        LOG_LEVEL: 'debug',
        NODE_ENV: 'production',
        PATH: '/usr/bin',
        DATABASE_PASSWORD_OF_THE_SITE: 'for Config.pm',
        ...Object.fromEntries(KEPT_BACK.map((name) => [name, 'x'])),
      }),
    ).to.deep.equal({
      home: '/opt/znuny',
      isAlone: false,
      socket: '/run/helpdesk/sidecar.sock',
      port: 0,
      host: '::1',
      listener: { host: 'helpdesk.internal', port: 8081 },
      secret: 'chosen-at-random-32-letters-long',
      listenerCertificate: `SHA256:${'a_-9'.repeat(10)}xyz`,
      templatesFolder: '/etc/sidecar',
      stateFolder: '/var/lib/znuny-oauth2',
      credentialsFolder: '/run/credentials/znuny-oauth2.service',
      databaseUser: { user: 'oauth2_sidecar', password: 'its password' },
      helpdeskEnv: { PATH: '/usr/bin', DATABASE_PASSWORD_OF_THE_SITE: 'for Config.pm' },
      allowedAddresses: ['127.0.0.0/8', '::1'],
      databaseServer: [KEY, 'mariadb'],
      given: null,
      alertSecrets: {
        smtpPassword: 'of the mail server',
        webhookUrl: 'https://hooks.example/secret',
        webhookKey: Buffer.alloc(24, 1),
        command: '/usr/local/bin/alert',
        heartbeatUrl: 'https://beat.example/secret',
      },
      relay: { places: [], tls: null },
      logLevel: 'debug',
    });
  });

  it('lets the sidecar and the web server meet on a network only with the secret', () => {
    const secret = { ...home, SIDECAR_SECRET: 'chosen-at-random-32-letters-long' };
    for (const host of ['0.0.0.0', '::', '10.0.0.1'])
      expect(loadConfig({ ...secret, SIDECAR_HOST: host }).host).to.equal(host);
    expect(refusal({ ...secret, SIDECAR_HOST: 'example.com' })).to.match(
      /^SIDECAR_HOST must be an IP address/,
    );
    expect(loadConfig({ ...secret, SIDECAR_WEB_SERVER: 'helpdesk:80' }).listener).to.deep.equal({
      host: 'helpdesk',
      port: 80,
    });
    expect(loadConfig({ ...home, SIDECAR_WEB_SERVER: '127.0.0.1:81' }).listener.port).to.equal(81);
    expect(refusal({ ...home, SIDECAR_WEB_SERVER: 'helpdesk:80' })).to.match(
      /^SIDECAR_WEB_SERVER names another machine.*SIDECAR_SECRET/,
    );
    for (const text of [
      'helpdesk',
      'helpdesk:',
      'helpdesk:0',
      'helpdesk:65536',
      ':80',
      'a b:80',
      'a..b:80',
      'http://a:80',
    ])
      expect(refusal({ ...secret, SIDECAR_WEB_SERVER: text }), text).to.match(
        /^SIDECAR_WEB_SERVER must be HOST:PORT/,
      );
  });

  it('is refused with the name of the variable that is wrong', () => {
    expect(refusal({})).to.match(/^HELPDESK_HOME is not set/);
    for (const port of ['-1', '65536', '80a', '1.5'])
      expect(refusal({ ...home, SIDECAR_PORT: port })).to.match(/^SIDECAR_PORT/);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0', '127.0.0.256', '128.0.0.1', 'example.com'])
      expect(refusal({ ...home, SIDECAR_HOST: host }), host).to.match(
        /^SIDECAR_HOST must be a loopback address/,
      );
    for (const certificate of ['SHA256:short', `SHA1:${'a'.repeat(43)}`, `SHA256:${'+'.repeat(43)}`])
      expect(refusal({ ...home, SIDECAR_LISTENER_CERTIFICATE: certificate })).to.match(
        /^SIDECAR_LISTENER_CERTIFICATE must be the fingerprint/,
      );
    expect(refusal({ ...home, SIDECAR_DATABASE_USER: 'x' })).to.match(
      /^SIDECAR_DATABASE_PASSWORD is not set/,
    );
    expect(refusal({ ...home, SIDECAR_DATABASE_PASSWORD: 'x' })).to.match(
      /^SIDECAR_DATABASE_USER is not set/,
    );
    for (const secret of ['whsec_', 'whsec_c2hvcnQ=', 'plain words', `whsec_${'A'.repeat(100)}`])
      expect(refusal({ ...home, SIDECAR_ALERT_WEBHOOK_SECRET: secret }), secret).to.match(
        /^SIDECAR_ALERT_WEBHOOK_SECRET must be whsec_/,
      );
    for (const command of ['alert', './alert', '/usr/bin/../bin/alert'])
      expect(refusal({ ...home, SIDECAR_ALERT_COMMAND: command }), command).to.match(
        /^SIDECAR_ALERT_COMMAND must be the absolute path/,
      );
    for (const server of ['mysql', 'SHA256:short', `${KEY}x`, 'mariadb;any'])
      expect(refusal({ ...home, SIDECAR_DATABASE_SERVER: server }), server).to.match(
        /^SIDECAR_DATABASE_SERVER must be "mariadb", or fingerprints/,
      );
    for (const addresses of [
      'localhost',
      '127.0.0.1/33',
      '::1/129',
      '127.1',
      '0x7f.0.0.1',
      '*',
      '::1%lo',
      '/8',
    ])
      expect(refusal({ ...home, SIDECAR_ALLOW_ADDRESSES: addresses }), addresses).to.match(
        /^SIDECAR_ALLOW_ADDRESSES must be a list of addresses and networks/,
      );
    expect(refusal({ ...home, LOG_LEVEL: 'loud' })).to.match(/^LOG_LEVEL must be one of/);
  });

  it('never makes simple-oauth2 print secrets in production', () => {
    for (const debug of [
      'simple-oauth2*',
      'simple-oauth2:*',
      '*',
      'koa,simple-oauth2:client',
      'simple*',
      'simple-oauth2',
    ])
      expect(refusal({ ...home, NODE_ENV: 'production', DEBUG: debug }), debug).to.match(
        /^DEBUG would print/,
      );
    for (const debug of ['koa*', '-simple-oauth2*', 'simple-oauth3'])
      expect(() => loadConfig({ ...home, NODE_ENV: 'production', DEBUG: debug }), debug).to.not.throw();
    expect(() => loadConfig({ ...home, DEBUG: 'simple-oauth2*' })).to.not.throw();
  });
});
