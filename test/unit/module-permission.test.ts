import { expect } from 'chai';
import type { Settings } from '../../plugin/domain/helpdesk/settings.js';
import { modulePermission } from '../../plugin/helpdesk/module-permission.js';

const settings = (module: unknown) => ({ get: () => module }) as unknown as Settings;
const rw = (name: string) => [{ name, permission: 'rw' }];
const ro = (name: string) => [{ name, permission: 'ro' }];

describe('the right to use the screens (Frontend::Module###AdminOAuth2TokenManagement)', () => {
  const both = settings({ Group: ['admin'], GroupRo: ['users'] });

  it('allows changes with rw in a group of Group', () => {
    expect(modulePermission(both, rw('admin'))).to.equal('rw');
    expect(modulePermission(settings({ Group: 'admin' }), rw('admin'))).to.equal('rw');
  });

  it('allows looking with ro or rw in a group of GroupRo', () => {
    expect(modulePermission(both, ro('users'))).to.equal('ro');
    expect(modulePermission(both, rw('users'))).to.equal('ro');
  });

  it('allows nothing with ro in a group of Group, or in another group', () => {
    expect(modulePermission(both, ro('admin'))).to.equal('none');
    expect(modulePermission(both, rw('stats'))).to.equal('none');
    expect(modulePermission(both, [])).to.equal('none');
  });

  it('lets everybody in where both lists are empty, and nobody where the module is switched off', () => {
    expect(modulePermission(settings({ Group: [], GroupRo: [] }), [])).to.equal('rw');
    expect(modulePermission(settings(undefined), rw('admin'))).to.equal('none');
  });
});
