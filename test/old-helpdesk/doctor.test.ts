import { expect } from 'chai';
import { znunyOauth2 } from '../support/lab.js';

describe('the doctor on a helpdesk without OAuth2', () => {
  it('says plainly what this helpdesk cannot do, and finds everything else in order', async () => {
    const { out } = await znunyOauth2([
      'doctor',
      '--json',
      '--only',
      'version,rights,schema,fqdn,cookies,clock,pop3,smtp,caches,add-on',
    ]);
    const { checks } = JSON.parse(out) as { checks: { id: string; result: string; reason: string[] }[] };
    expect(checks.map(({ id, result }) => [id, result])).to.deep.equal([
      ['version', 'warning'],
      ['rights', 'ok'],
      ['schema', 'ok'],
      ['fqdn', 'ok'],
      ['cookies', 'ok'],
      ['clock', 'ok'],
      ['pop3', 'ok'],
      ['smtp', 'ok'],
      ['caches', 'ok'],
      ['add-on', 'ok'],
    ]);
    const reasonOf = (wanted: string) => checks.find(({ id }) => id === wanted)?.reason.join(' ');
    expect(reasonOf('version')).to.contain('support only passwords').and.contain('Znuny 6.3 or newer');
    expect(reasonOf('caches')).to.contain('no token configurations of its own');
  });
});
