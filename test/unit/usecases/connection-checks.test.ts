import { expect } from 'chai';
import type { DoctorDeps } from '../../../plugin/domain/doctor/doctor-ports.js';
import { connectionChecks } from '../../../plugin/usecases/connection-checks.js';

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
