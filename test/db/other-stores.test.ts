import { expect } from 'chai';
import { createAuthorizationStore } from '../../db/repositories/authorizations.js';
import { createPermissions } from '../../db/repositories/permissions.js';
import { createSessionRows } from '../../db/repositories/sessions.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createUsageStore } from '../../db/repositories/usages.js';
import { checkSchema } from '../../db/schema.js';
import type { PendingAuthorization } from '../../plugin/domain/consent/authorization-store.js';
import type { Settings } from '../../plugin/domain/helpdesk/settings.js';
import { NO_USAGE } from '../../plugin/domain/mailbox/usage.js';
import { itWithTokens } from '../support/instance.js';
import { createLike, indexesFor, quoted } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

let fix: Fixture;
let helpdesk: PrivateHome;
before(async function () {
  this.timeout(120_000);
  fix = await fixture();
  helpdesk = privateHome(fix.helpdeskAddress);
  helpdesk.writeConfigPm('    $Self->{CheckEmailAddresses} = 0; $Self->{CheckMXRecord} = 0;');
});
after(async () => {
  helpdesk.remove();
  await fix.close();
});

const noon = Date.parse('2026-07-01T12:00:00.123Z');
const at = (ms: number): Date => new Date(noon + ms);

describe('pending authorizations', () => {
  const pending = (state: string, more: Partial<PendingAuthorization> = {}): PendingAuthorization => ({
    stateHash: state.repeat(64).slice(0, 64),
    sessionHash: 'b'.repeat(64),
    userId: 1,
    configId: 7,
    verifier: 'V'.repeat(128),
    redirectUri: `https://desk.example.com/${'x'.repeat(900)}`,
    createdAt: at(0),
    expiresAt: at(600_000),
    ...more,
  });
  const store = () => createAuthorizationStore(fix);

  it('are read back exact to the millisecond, with and without a verifier', async () => {
    for (const [state, verifier] of [
      ['a', 'V'.repeat(128)],
      ['c', null],
    ] as const) {
      const one = pending(state, { verifier });
      await store().insert(one);
      expect(await store().peek(one.stateHash)).to.deep.equal(one);
      expect(await store().peek(one.stateHash), 'a look takes nothing').to.deep.equal(one);
      expect(await store().consume(one.stateHash)).to.deep.equal(one);
      expect(await store().consume(one.stateHash), 'a second time').to.equal(null);
      expect(await store().peek(one.stateHash)).to.equal(null);
    }
  });

  it('are taken by one of many simultaneous requests', async () => {
    const one = pending('d');
    await store().insert(one);
    const taken = await Promise.all([1, 2, 3, 4, 5].map(() => store().consume(one.stateHash)));
    expect(taken.filter(Boolean)).to.deep.equal([one]);
  });

  it('that have expired are told from unknown ones for a day', async () => {
    await store().insert(pending('e'));
    await store().insert(pending('f'));
    expect(await store().prune(at(600_000 + 86_400_000))).to.equal(0);
    expect((await store().consume(pending('e').stateHash))?.expiresAt).to.deep.equal(at(600_000));
    expect(await store().prune(at(600_000 + 86_400_001))).to.equal(1);
    expect(await store().peek(pending('f').stateHash)).to.equal(null);
    expect(
      (
        await failure(
          store().insert(
            pending('1').stateHash === '' ? pending('1') : { ...pending('1'), stateHash: 'x'.repeat(65) },
          ),
        )
      ).code,
    ).to.equal('value-too-long');
  });

  it('that nobody completed are removed in parts and by an index, however many there are', async () => {
    const many = 2500;
    const states = Array.from({ length: many }, (_none, n) => String(n).padStart(64, '0'));
    await fix.db.knex.batchInsert(
      'oauth2_sidecar_authorization',
      states.map((state_hash) => ({
        state_hash,
        session_hash: 'b'.repeat(64),
        user_id: 1,
        token_config_id: 7,
        redirect_uri: 'https://desk.example.com/',
        created_at: noon,
        expires_at: noon,
      })),
      500,
    );
    const late = at(86_400_001);
    await store().insert(pending('h', { createdAt: late, expiresAt: late }));
    const indexes = await indexesFor(
      fix,
      `SELECT state_hash FROM oauth2_sidecar_authorization WHERE expires_at < ${noon - 1}`,
    );
    expect(indexes).to.contain('oauth2_sidecar_authorization_expires_at');
    const removed = [];
    for (let part = 0; part < 4; part++) removed.push(await store().prune(late));
    expect(removed).to.deep.equal([1000, 1000, 500, 0]);
    expect((await store().consume(pending('h').stateHash))?.expiresAt).to.deep.equal(late);
  });

  it('are compared letter by letter', async () => {
    await store().insert(pending('g'));
    expect(await store().peek('G'.repeat(64))).to.equal(null);
    await store().consume(pending('g').stateHash);
  });
});

describe('sessions', () => {
  it('of the helpdesk are read: the keys that count, and no others', async () => {
    const id = helpdesk.perl<string>(`
      $OM->Get('Kernel::System::AuthSession')->CreateSessionID(
        UserID => 1, UserType => 'User', UserLogin => 'root@localhost', UserLanguage => 'de', UserFullname => 'Jane', UserSkin => "gr\\x{f6}\\x{df}er \\x{20ac}", UserTimeZone => { a => 1 } );`);
    const sessions = createSessionRows(fix);
    const read = await sessions.read(id);
    expect(read).to.deep.include({
      UserID: '1',
      UserLogin: 'root@localhost',
      UserLanguage: 'de',
      UserSkin: 'größer €',
    });
    expect(read?.UserChallengeToken).to.match(/^\w{32}$/);
    expect(read, 'a Perl structure').not.to.have.property('UserTimeZone');
    expect(read, 'not needed').not.to.have.property('UserFullname');
    const swapped = id.replace(/[a-z]/gi, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    for (const other of [swapped, `${id} `, '', 'none', '😀', "' OR 1=1 --", '%'])
      expect(await sessions.read(other), other).to.equal(null);

    expect((await fix.queries(() => sessions.read(id))).length).to.equal(1);
  });

  it('are read from the table that the setting names', async () => {
    await fix.rows(createLike('own sessions', 'sessions'));
    const sessions = createSessionRows({ db: fix.helpdesk, table: () => 'own sessions' });
    await fix.rows(
      `INSERT INTO ${quoted('own sessions')} (session_id, data_key, data_value, serialized) VALUES ('s', 'UserID', '1', 0)`,
    );
    expect(await sessions.read('s')).to.deep.equal({ UserID: '1' });
    expect(await createSessionRows(fix).read('s')).to.equal(null);
  });
});

describe('rights', () => {
  it('match those that the helpdesk grants: by group and by role, valid ones only', async () => {
    const ids = helpdesk.perl<Record<string, number>>(`
      my ( $User, $Group ) = map { $OM->Get("Kernel::System::$_") } qw(User Group);
      my %ID;
      for my $Login (qw(rightful invalid)) {
        $ID{$Login} = $User->UserAdd( UserFirstname => 'A', UserLastname => 'B', UserLogin => $Login,
          UserEmail => "$Login\\@example.com", ValidID => $Login eq 'invalid' ? 2 : 1, ChangeUserID => 1 );
      }
      for my $Name (qw(direct byrole off offrole both)) {
        $ID{$Name} = $Group->GroupAdd( Name => $Name, ValidID => $Name eq 'off' ? 2 : 1, UserID => 1 );
      }
      $ID{role}    = $Group->RoleAdd( Name => 'role',    ValidID => 1, UserID => 1 );
      $ID{norole}  = $Group->RoleAdd( Name => 'norole', ValidID => 2, UserID => 1 );
      for my $Login (qw(rightful invalid)) {
        for my $Name (qw(direct off both)) {
          $Group->PermissionGroupUserAdd( GID => $ID{$Name}, UID => $ID{$Login}, Permission => { ro => 1, rw => $Name eq 'direct' ? 1 : 0 }, UserID => 1 );
        }
        for my $Role (qw(role norole)) {
          $Group->PermissionRoleUserAdd( UID => $ID{$Login}, RID => $ID{$Role}, Active => 1, UserID => 1 );
        }
      }
      for my $Name (qw(byrole off both)) {
        $Group->PermissionGroupRoleAdd( GID => $ID{$Name}, RID => $ID{role}, Permission => { rw => 1, ro => 1 }, UserID => 1 );
      }
      $Group->PermissionGroupRoleAdd( GID => $ID{offrole}, RID => $ID{norole}, Permission => { rw => 1 }, UserID => 1 );
      \\%ID;`);
    const permissions = createPermissions({
      ...fix,
      groupTable: (await checkSchema(fix.columns)).groupTable,
    });
    const agent = Number(ids.rightful);
    const user = await permissions.user(agent);
    const rights = (user?.rights ?? []).map(({ name, permission }) => `${name} ${permission}`).sort();
    expect(rights).to.deep.equal(['both ro', 'both rw', 'byrole rw', 'direct rw']);
    // PostgreSQL plans more joins for longer than it takes to read the rows.
    const [sent = ''] = await fix.queries(() => permissions.user(agent));
    expect(sent.match(/\bJOIN\b/g)?.length).to.equal(3);
    const theirs = helpdesk.perl<Record<string, string[]>>(`
      my %Rights;
      for my $Type (qw(ro rw)) {
        my %List = $OM->Get('Kernel::System::Group')->PermissionUserGet( UserID => ${agent}, Type => $Type );
        $Rights{$Type} = [ sort values %List ];
      }
      \\%Rights;`);
    // rw includes every other right.
    const having = (types: string[]): string[] => [
      ...new Set(
        rights
          .map((right) => right.split(' '))
          .filter(([, type]) => types.includes(type ?? ''))
          .map(([name]) => name ?? ''),
      ),
    ];
    expect({ ro: having(['ro', 'rw']), rw: having(['rw']) }).to.deep.equal(theirs);

    expect([user?.login, user?.valid]).to.deep.equal(['rightful', true]);
    expect(await permissions.user(Number(ids.invalid)), 'a user that is not valid').to.deep.equal({
      login: 'invalid',
      valid: false,
      rights: [],
    });
    expect(await permissions.user(99_999)).to.equal(null);
    expect((await fix.queries(() => permissions.user(agent))).length).to.equal(1);
  }).timeout(120_000);
});

describe('the use of a configuration', () => {
  const settings = (values: Record<string, string>) => ({
    current: async () =>
      ({
        get: (name: string) => values[name],
        text: (name: string, fallback = '') => values[name] ?? fallback,
      }) as unknown as Settings,
  });
  const smtp = {
    'SendmailModule::AuthenticationType': 'oauth2_token',
    'SendmailModule::OAuth2TokenConfigName': 'Used BY all',
  };

  itWithTokens('is found by two queries: mail accounts, outbound mail and web services', async () => {
    const configs = createTokenConfigStore(fix);
    const used = await configs.insert(config('Used by all'), 1);
    const free = await configs.insert(config('Free'), 1);
    helpdesk.perl(`
      $OM->Get('Kernel::System::MailAccount')->MailAccountAdd( Login => 'mail@example.com', Password => 'OAuth2Token', Host => 'imap.example.com',
        Type => 'IMAPS', ValidID => 2, Trusted => 0, DispatchingBy => 'Queue', QueueID => 1, AuthenticationType => 'oauth2_token',
        OAuth2TokenConfigID => ${used}, UserID => 1 ) || die;
      my %Service = map { $_ => $_ } qw(Uses Basic Provider);
      for my $Name (qw(Uses Basic)) {
        $OM->Get('Kernel::System::GenericInterface::Webservice')->WebserviceAdd( Name => $Name, ValidID => 1, UserID => 1, Config => {
          Debugger => { DebugThreshold => 'debug', TestMode => 0 }, Description => "Web \\x{20ac}: service",
          Requester => { Transport => { Type => 'HTTP::REST', Config => { Authentication => {
            AuthType => $Name eq 'Uses' ? 'OAuth2Token' : 'BasicAuth', OAuth2TokenConfigID => '${used}' } } } },
        } ) || die;
      }
      1;`);
    await fix.rows(
      `INSERT INTO gi_webservice_config (name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('Broken', ?, 1, '2026-01-01', 1, '2026-01-01', 1), ('Elsewhere', ?, 1, '2026-01-01', 1, '2026-01-01', 1)`,
      [`a: [\nOAuth2TokenConfigID: '${used}'`, `Provider:\n  OAuth2TokenConfigID: ${used}\n`],
    );
    const store = createUsageStore({ ...fix, settings: settings(smtp) });
    const both = [
      { id: used, name: 'Used by all' },
      { id: free, name: 'Free' },
    ];
    const usages = await store.of(both);
    expect([...usages.keys()]).to.deep.equal([used, free]);
    const usage = usages.get(used);
    expect(
      usage?.mailAccounts.map(({ login, host, type, folder }) => [login, host, type, folder]),
    ).to.deep.equal([['mail@example.com', 'imap.example.com', 'IMAPS', 'INBOX']]);
    expect(usage?.smtp).to.equal(true);
    expect(
      usage?.webServices.map(({ name }) => name),
      'one that cannot be read counts as using it',
    ).to.deep.equal(['Broken', 'Uses']);
    expect(usages.get(free)).to.deep.equal(NO_USAGE);
    expect(
      helpdesk.perl(
        `$OM->Get('Kernel::System::OAuth2TokenConfig')->IsOAuth2TokenConfigInUse( ID => ${used} );`,
      ),
    ).to.equal('1');

    expect((await fix.queries(() => store.of(both))).length).to.equal(4);
    expect((await fix.queries(() => store.of([]))).length).to.equal(0);
    const password = createUsageStore({
      ...fix,
      settings: settings({ ...smtp, 'SendmailModule::AuthenticationType': 'password' }),
    });
    expect((await password.of(both)).get(used)?.smtp).to.equal(false);
  })?.timeout(30_000);
});
