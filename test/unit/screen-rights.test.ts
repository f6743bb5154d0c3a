import { expect } from 'chai';
import { openBuiltIn } from '../../plugin/domain/helpdesk/closed-module.js';
import { SCREEN_RIGHTS, type Settings } from '../../plugin/domain/helpdesk/settings.js';
import { modulePermission } from '../../plugin/helpdesk/module-permission.js';
import { withScreenRights } from '../../sysconfig/screen-rights.js';

const NAME = `$Self->{'Frontend::Module'}->{'AdminOAuth2TokenManagement'}`;
/** A deployment as the helpdesk writes it. */
const deployment = (registration: string) => `package Kernel::Config::Files::ZZZAAuto;
sub Load {
    my ($File, $Self) = @_;
$Self->{'Frontend::Module'}->{'AdminLog'} =  {
  'Description' => 'It''s not ${NAME} = {}',
  'Group' => [
    'users'
  ]
};
${registration}
${NAME}->{'Group'} =  [
  'oauth2-sidecar-nobody'
];
${NAME}->{'GroupRo'} =  [
  'oauth2-sidecar-nobody'
];
`;
const CLOSED = { Group: ['oauth2-sidecar-nobody'], GroupRo: ['oauth2-sidecar-nobody'] };
const settings = (module: unknown, deployed: string | null): Settings =>
  withScreenRights({ get: () => module } as unknown as Settings, deployed);

describe('the groups of the screens while the built-in module is closed', () => {
  const own = `${NAME} =  {
  'Description' => 'a \\'quoted\\' \\\\ text; with [signs] {and} => more,',
  'Group' => [
    'admin',
    'Postfächer \\'A\\''
  ],
  'GroupRo' => [
    'users'
  ],
  'Level' => -1,
  'None' => undef
};`;

  it('are those that the admin has set in the registration', () => {
    const current = settings({ Title: 'x', ...CLOSED }, deployment(own));
    expect(current.get(SCREEN_RIGHTS)).to.deep.equal({
      Title: 'x',
      Group: ['admin', "Postfächer 'A'"],
      GroupRo: ['users'],
    });
    expect(modulePermission(current, [{ name: "Postfächer 'A'", permission: 'rw' }])).to.equal('rw');
    expect(modulePermission(current, [{ name: 'users', permission: 'ro' }])).to.equal('ro');
    // Asked again after the text was released.
    expect(modulePermission(current, [{ name: 'users', permission: 'ro' }])).to.equal('ro');
  });

  it('are empty where the registration is missing or cannot be read', () => {
    const rights = [
      { name: 'admin', permission: 'rw' },
      { name: 'users', permission: 'rw' },
    ];
    for (const registration of [
      '',
      `${NAME} = `,
      `${NAME} =  { 'Group' => [ 'admin' `,
      `${NAME} =  { 'Group' => [ join('', 'admin') ] };`,
      `${NAME} =  { [ 'Group' ] => 'admin' };`,
      `${NAME} =  'admin';`,
      `${NAME} =  ${'['.repeat(50)}'admin'${']'.repeat(50)};`,
      `# ${own}`,
    ])
      expect(modulePermission(settings(CLOSED, deployment(registration)), rights), registration).to.equal(
        'none',
      );
    expect(modulePermission(settings(CLOSED, null), rights)).to.equal('none');
  });

  it('are taken from a list that somebody has opened, and from that list only', () => {
    const half = settings({ ...CLOSED, Group: ['stats'] }, deployment(own));
    expect(half.get(SCREEN_RIGHTS)).to.deep.equal({ Group: ['stats'], GroupRo: ['users'] });
    expect(settings(undefined, deployment(own)).get(SCREEN_RIGHTS)).to.equal(undefined);
    expect(settings({ Group: ['admin'] }, null).get(SCREEN_RIGHTS)).to.deep.equal({ Group: ['admin'] });
  });

  it('leave every other setting as it was', () => {
    const current = withScreenRights({ get: (name: string) => name } as unknown as Settings, null);
    expect(current.get('FQDN')).to.equal('FQDN');
  });

  it('are told apart from those that the helpdesk lets into its built-in screens', () => {
    const groups = (module: unknown) => openBuiltIn(settings(module, null))?.groups ?? [];
    for (const closed of [CLOSED, undefined, {}, 'text', { Group: CLOSED.Group }, { ...CLOSED, GroupRo: [] }])
      expect(groups(closed), JSON.stringify(closed)).to.deep.equal([]);
    expect(groups({ Group: [], GroupRo: [] })).to.deep.equal(['*']);
    expect(groups({ Group: ['admin'], GroupRo: ['users', 'admin'] })).to.deep.equal(['admin', 'users']);
    expect(groups({ ...CLOSED, Group: ['oauth2-sidecar-nobody', 'admin'] })).to.deep.equal(['admin']);
    expect(groups({ Group: 'admin', GroupRo: '' })).to.deep.equal(['admin']);
  });

  it('are found under every name that a supported helpdesk gives its built-in screens', () => {
    const open = (name: string) =>
      openBuiltIn({
        get: (asked: string) => (asked === name ? { Group: ['admin'], GroupRo: [] } : CLOSED),
      } as unknown as Settings);
    for (const action of ['AdminOAuth2TokenManagement', 'AdminOAuth2TokenConfig'])
      expect(open(`Frontend::Module###${action}`)).to.deep.equal({
        module: `Frontend::Module###${action}`,
        groups: ['admin'],
      });
    expect(open('Frontend::Module###AdminQueue')).to.equal(null);
  });
});
