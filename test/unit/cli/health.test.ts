import { expect } from 'chai';
import { healthUrl } from '../../../plugin/cli/commands/health.js';

describe('znuny-oauth2 health', () => {
  it('asks the address on which the sidecar listens, or loopback where it listens on all', () => {
    const hosts = ['127.0.0.1', '0.0.0.0', '10.0.0.5', '::', '::1', 'fd00::5', 'localhost'];
    expect(hosts.map((host) => new URL(healthUrl(host, 18270, 'readyz')).host)).to.deep.equal([
      '127.0.0.1:18270',
      '127.0.0.1:18270',
      '10.0.0.5:18270',
      '[::1]:18270',
      '[::1]:18270',
      '[fd00::5]:18270',
      'localhost:18270',
    ]);
  });
});
