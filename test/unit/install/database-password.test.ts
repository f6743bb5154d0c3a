import { expect } from 'chai';
import { databasePassword, SERVICE_USER } from '../../../plugin/install/site.js';

describe("the password of the sidecar's database user", () => {
  const file = (name: string, user: string, password: string) => ({
    file: `/etc/znuny-oauth2/${name}.conf`,
    values: { SIDECAR_DATABASE_USER: user, SIDECAR_DATABASE_PASSWORD: password },
  });
  const second = (databaseUser: string) => ({ databaseUser, configFile: '/etc/znuny-oauth2/second.conf' });

  it('is generated once for each database user', () => {
    const files = [file('sidecar', 'oauth2_sidecar_one', 'a')];
    expect(databasePassword(second('oauth2_sidecar_two'), files, 'fresh')).to.equal('fresh');
    // The same name on another server.
    expect(databasePassword(second('oauth2_sidecar_one'), files, 'fresh')).to.equal('fresh');
    const both = [...files, file('second', 'oauth2_sidecar_two', 'b')];
    expect(databasePassword(second('oauth2_sidecar_two'), both, 'fresh')).to.equal('b');
  });

  it('stays what it is for the first helpdesk when a second one shares the role', () => {
    const files = [file('sidecar', SERVICE_USER, 'a')];
    expect(databasePassword(second(SERVICE_USER), files, 'fresh')).to.equal('a');
    expect(databasePassword(second(SERVICE_USER), [], 'fresh')).to.equal('fresh');
  });
});
