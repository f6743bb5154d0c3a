import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createWebServerInspector } from '../../../plugin/helpdesk/web-server.js';
import { installationOf } from '../../../plugin/install/site.js';

describe('the web server, as the doctor sees it', () => {
  const inspector = (more: Partial<Parameters<typeof createWebServerInspector>[0]> = {}) =>
    createWebServerInspector({
      socket: null,
      host: '127.0.0.1',
      port: 18270,
      secret: null,
      listener: { host: '127.0.0.1', port: 18271 },
      certificate: null,
      home: '/opt/znuny',
      rules: 'oauth2-sidecar',
      isInstalled: false,
      ...more,
    });

  it('gets its rules again by install, for this helpdesk, where install has written them', () => {
    const { rulesCommand } = inspector({ isInstalled: true, home: '/opt/second desk' });
    expect(rulesCommand).to.equal("znuny-oauth2 install --home '/opt/second desk'");
    expect(inspector({ certificate: 'SHA256:x' }).rulesCommand).to.equal(
      'znuny-oauth2 install --home /opt/znuny',
    );
  });

  it('gets rules that were set up by hand again for this helpdesk, in the file of its installation', () => {
    const { rulesCommand, rulesFile } = inspector({ rules: 'oauth2-sidecar-second' });
    expect(rulesFile).to.match(/\/(zzz-)?oauth2-sidecar-second\.conf$/);
    expect(rulesCommand).to.equal(
      `rules=$(znuny-oauth2 apache-rules --home /opt/znuny) && printf '%s\\n' "$rules" | install -m 0600 /dev/stdin ${rulesFile}`,
    );
    const nginx = inspector({ rules: 'oauth2-sidecar-second', certificate: 'SHA256:x' });
    expect(nginx.rulesFile).to.equal('/etc/nginx/oauth2-sidecar-second.rules');
  });

  it('reaches the sidecar where that listens', () => {
    const at = (host: string) => inspector({ host }).sidecarAt;
    expect(['127.0.0.1', '0.0.0.0', '::', '10.0.0.5', 'fd00::5'].map(at)).to.deep.equal([
      'http://127.0.0.1:18270',
      'http://127.0.0.1:18270',
      'http://[::1]:18270',
      'http://10.0.0.5:18270',
      'http://[fd00::5]:18270',
    ]);
    expect(inspector({ socket: '/run/x.sock' }).sidecarAt).to.equal('/run/x.sock');
  });
});

describe('the names of an installation', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'installations-'));
    for (const [name, home] of [
      ['sidecar', '/opt/znuny'],
      ['second', '/opt/otrs'],
    ])
      writeFileSync(path.join(folder, `${name}.conf`), `HELPDESK_HOME=${home}\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are those of the helpdesk, and of a first installation where there is none', () => {
    const names = (home: string) => {
      const { unit, rules, isInstalled } = installationOf(home, folder);
      return [unit, rules, isInstalled];
    };
    expect(names('/opt/znuny')).to.deep.equal(['znuny-oauth2.service', 'oauth2-sidecar', true]);
    expect(names('/opt/otrs')).to.deep.equal(['znuny-oauth2@second.service', 'oauth2-sidecar-second', true]);
    expect(names('/opt/third')).to.deep.equal(['znuny-oauth2.service', 'oauth2-sidecar', false]);
  });
});
