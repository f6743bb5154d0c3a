import { expect } from 'chai';
import type { Settings } from '../../plugin/domain/helpdesk/settings.js';
import { modulePermission } from '../../plugin/helpdesk/module-permission.js';

const settings = (module: unknown) => ({ get: () => module }) as unknown as Settings;
const rw = (name: string) => [{ name, permission: 'rw' }];
const ro = (name: string) => [{ name, permission: 'ro' }];

describe('the right to use the screens (Frontend::Module###AdminOAuth2TokenManagement)', () => {
  const both = settings({ Group: ['admin'], GroupRo: ['users'] });

  it('rw in a Group may change', () => {
    expect(modulePermission(both, rw('admin'))).to.equal('rw');
    expect(modulePermission(settings({ Group: 'admin' }), rw('admin'))).to.equal('rw');
  });

  it('ro or rw in a GroupRo may look', () => {
    expect(modulePermission(both, ro('users'))).to.equal('ro');
    expect(modulePermission(both, rw('users'))).to.equal('ro');
  });

  it('ro in a Group, or another group, may nothing', () => {
    expect(modulePermission(both, ro('admin'))).to.equal('none');
    expect(modulePermission(both, rw('stats'))).to.equal('none');
    expect(modulePermission(both, [])).to.equal('none');
  });

  it('two empty lists let everybody in; a module that is switched off nobody', () => {
    expect(modulePermission(settings({ Group: [], GroupRo: [] }), [])).to.equal('rw');
    expect(modulePermission(settings(undefined), rw('admin'))).to.equal('none');
  });
});
