import { expect } from 'chai';
import type { DoctorDeps } from '../../../plugin/domain/doctor/doctor-ports.js';
import { selinuxState } from '../../../plugin/helpdesk/selinux.js';
import { connectionChecks } from '../../../plugin/usecases/connection-checks.js';
import { checkSelinux } from '../../../plugin/usecases/doctor/selinux-check.js';

const SETTINGS: Record<string, string> = {
  HttpType: 'https',
  FQDN: 'helpdesk.example.com',
  ScriptAlias: 'otrs/',
};

/** @param echo what the web server answers */
const deps = (echo: () => Promise<unknown>) =>
  ({
    settings: async () => ({ text: (name: string, otherwise = '') => SETTINGS[name] ?? otherwise }),
    abilities: async () => ({ scripts: 'bin/otrs' }),
    webServer: { echo, echoDirectly: async () => ({ kind: 'sidecar', mark: 'm', address: '' }) },
  }) as unknown as DoctorDeps;

const resultsOf = async (echo: () => Promise<unknown>) =>
  Object.fromEntries((await connectionChecks(deps(echo), 20)).map(({ id, result }) => [id, result]));

describe('what must be true before a mailbox is connected', () => {
  it('is what the doctor finds', async () => {
    const found = await resultsOf(async () => ({ kind: 'sidecar', mark: 'm', address: '' }));
    expect(found).to.deep.equal({ 'http-type': 'ok', fqdn: 'ok', 'script-alias': 'ok', callback: 'ok' });
  });

  it('is unknown in time where the web server does not answer, or the check fails', async () => {
    for (const echo of [() => new Promise(() => {}), () => Promise.reject(new Error('broken'))])
      expect(await resultsOf(echo)).to.include({ fqdn: 'ok', callback: 'unknown' });
  });
});

describe('SELinux', () => {
  /** @param files of the kernel */
  const found = async (files: Record<string, string>, sidecarAt = 'http://127.0.0.1:18270') => {
    const state = selinuxState((file) => {
      const text = files[file.replace('/sys/fs/selinux/', '')];
      if (text === undefined) throw new Error('ENOENT');
      return text;
    });
    const webServer = { sidecarAt, selinux: () => state };
    const { result, remedies } = await checkSelinux({ webServer } as unknown as DoctorDeps);
    return [result, ...remedies.map(({ command }) => command)];
  };
  const enforced = { enforce: '1' };

  it('is well where it is missing or permissive, and where it permits connections', async () => {
    for (const files of [
      {},
      { enforce: '0', 'booleans/httpd_can_network_connect': '0 0' },
      { ...enforced, 'booleans/httpd_can_network_connect': '1 1' },
      { ...enforced, 'booleans/httpd_can_network_relay': '1 1' },
    ])
      expect(await found(files), JSON.stringify(files)).to.deep.equal(['ok']);
  });

  it('is a fault where it denies connections, and a warning where the web server uses a Unix socket', async () => {
    expect(await found({ ...enforced, 'booleans/httpd_can_network_connect': '0 0' })).to.deep.equal([
      'fault',
      'setsebool -P httpd_can_network_connect 1',
    ]);
    const open = { ...enforced, 'booleans/httpd_can_network_connect': '1 1' };
    expect(await found(open, '/run/znuny-oauth2/sidecar.sock')).to.deep.equal([
      'warning',
      'znuny-oauth2 install --channel tcp',
    ]);
  });
});
