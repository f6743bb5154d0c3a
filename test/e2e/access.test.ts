import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { pause, until } from '../lab/ports.js';
import { databaseRows, lab, loadBalancer, perl, type Session, session } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const codeOf = (page: string) => /data-code="([^"]*)"/.exec(page)?.[1];

/** Every screen with its method and right; the test below fails when SCREENS gains one that is missing here. */
const ROUTES = [
  ['', 'GET'],
  ['ConnectMailbox', 'GET'],
  ['ConnectMicrosoft', 'GET'],
  ['AddTokenConfigByTemplateFile', 'GET'],
  ['EditTokenConfig', 'GET'],
  ['SaveTokenConfig', 'POST'],
  ['DeleteTokenConfig', 'GET'],
  ['DeleteTokenConfig', 'POST'],
  ['ImportTokenConfigurations', 'GET'],
  ['ImportTokenConfigurations', 'POST'],
  ['ConfirmImport', 'POST'],
  ['Export', 'GET'],
  ['ExportTokenConfigurations', 'GET'],
  ['CopyTokenConfig', 'POST'],
  ['History', 'GET'],
  ['RequestToken', 'POST'],
  ['RequestAdminConsent', 'POST'],
  ['ImportServiceAccountKey', 'POST'],
  ['RefreshToken', 'POST'],
  ['DiscoverProvider', 'POST'],
  ['AddMissing', 'POST'],
  ['MarkSharedMailboxes', 'POST'],
  ['MuteMailbox', 'POST'],
  ['Alerts', 'GET'],
  ['Alerts', 'POST'],
  ['Doctor', 'GET'],
  ['Doctor', 'POST'],
  ['TestMailbox', 'GET'],
  ['TestMailbox', 'POST'],
  ['NextSteps', 'GET'],
  ['RelayPasswords', 'GET'],
  ['RelayPasswords', 'POST'],
  ['RevokeRelayPassword', 'POST'],
  ['FetchMail', 'POST'],
  ['Bar', 'GET'],
  ['MailAccounts', 'GET'],
] as const;

/** Parts of the helpdesk's pages. */
const FRAGMENTS: readonly string[] = ['Bar', 'MailAccounts'];

/** Who may use the screen, as an admin would set it in the System Configuration. */
async function setRights({ Group, GroupRo }: { Group: string[]; GroupRo: string[] }): Promise<void> {
  const list = (names: string[]) => `[${names.map((name) => `'${name}'`).join(', ')}]`;
  await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
    my $Name = 'Frontend::Module###AdminOAuth2TokenManagement';
    my %Old = $S->SettingGet( Name => $Name );
    my %Value = ( %{ $Old{EffectiveValue} }, Group => ${list(Group)}, GroupRo => ${list(GroupRo)} );
    $S->SettingsSet( UserID => 1, Comments => 'test', Settings => [ { Name => $Name, EffectiveValue => \\%Value, IsValid => 1 } ] ) || die;`);
}

describe('the right to use the screens', () => {
  let admin: Session;
  let agent: Session;
  before(async () => {
    admin = await session(CREDENTIALS.admin);
    agent = await session(CREDENTIALS.agent);
  });

  it('is tested for every screen and method', async () => {
    const { SCREENS } = await import('../../plugin/web/screens.js');
    const expected = Object.entries(SCREENS).flatMap(([name, { get, post }]) => [
      ...(get ? [`GET ${name}`] : []),
      ...(post ? [`POST ${name}`] : []),
    ]);
    expect(ROUTES.map(([name, method]) => `${method} ${name}`).sort()).to.deep.equal(expected.sort());
  });

  it('leads without a session to the log-in, which says nothing of a failed one and leads back', async () => {
    const answer = await fetch(`${lab.urls.helpdesk}?${SCREEN};Subaction=History`, { redirect: 'manual' });
    const login = await fetch(new URL(answer.headers.get('location') ?? '', lab.urls.helpdesk));
    const text = await login.text();
    expect(text).to.contain('id="LoginButton"').and.contain(`value="${SCREEN};Subaction=History"`);
    expect(text).to.not.contain('Login failed');
  });

  for (const [subaction, method] of ROUTES) {
    const query = `${SCREEN}${subaction ? `;Subaction=${subaction}` : ''};ID=1`;
    const ask = (who: Session) => (method === 'GET' ? who.get(query) : who.post(query, { ID: '1' }));

    it(`is required with a session: ${method} ${subaction || 'overview'}`, async () => {
      const answer = await fetch(`${lab.urls.helpdesk}?${query}`, { method, redirect: 'manual' });
      if (FRAGMENTS.includes(subaction)) expect(answer.status).to.equal(401);
      else {
        expect(answer.status).to.equal(303);
        expect(answer.headers.get('location')).to.match(/^index\.pl\?RequestedURL=Action%3D/);
      }
      expect(await answer.text()).to.not.contain('MainBox');
    });

    it(`is required: ${method} ${subaction || 'overview'}`, async () => {
      const answer = await ask(agent);
      expect(answer.status).to.equal(403);
      const page = await answer.text();
      if (FRAGMENTS.includes(subaction)) expect(page).to.equal('');
      else {
        expect(codeOf(page)).to.equal('no-permission');
        // One box says so, and nothing leads to screens that refuse as well.
        expect(page.match(/class="MainBox[ "]/g)).to.have.length(1);
        // On our own page, which a busy machine may show, the script names our Action.
        const shown = page.replace(/<script>[\s\S]*?<\/script>/g, '');
        expect(shown).to.not.match(/class="MainBox[\s\S]*Action(=|&#x3D;)Admin/);
      }
    });

    if (method === 'POST') {
      it(`is not enough without the challenge token: POST ${subaction}`, async () => {
        const answer = await admin.post(query, { ID: '1', ChallengeToken: 'wrong' });
        expect(answer.status).to.equal(403);
        expect(codeOf(await answer.text())).to.equal('challenge-token-invalid');
      });
    }
  }

  it('gives 404 for an unknown Subaction, 405 for a wrong method, 404 and 400 for an unknown and a malformed ID', async () => {
    const cases: [Promise<Response>, number, string][] = [
      [admin.get(`${SCREEN};Subaction=Nonsense`), 404, 'unknown-subaction'],
      [admin.get(`${SCREEN};Subaction=constructor`), 404, 'unknown-subaction'],
      [admin.get(`${SCREEN};Subaction=SaveTokenConfig`), 405, 'method-not-allowed'],
      [admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=999999`), 404, 'unknown-token-config'],
      [admin.get(`${SCREEN}&Subaction=EditTokenConfig&ID=1%27`), 400, 'bad-request'],
      [admin.get(`${SCREEN};Subaction=EditTokenConfig`), 400, 'bad-request'],
      [admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=1;ID=2`), 400, 'bad-request'],
      [
        admin.get(`${SCREEN};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=../x`),
        404,
        'unknown-template',
      ],
      [admin.get(`${SCREEN};Search=%ff`), 400, 'bad-request'],
    ];
    for (const [answer, status, code] of cases) {
      const page = await (await answer).text();
      expect([(await answer).status, codeOf(page)]).to.deep.equal([status, code]);
    }
  });

  it('gives the same headers to HEAD as to GET, and every answer has the headers that protect it', async () => {
    const head = await fetch(`${lab.urls.helpdesk}?${SCREEN}`, {
      method: 'HEAD',
      headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
    });
    expect([head.status, await head.text()]).to.deep.equal([200, '']);
    const wrong = await admin.get(`${SCREEN};Subaction=SaveTokenConfig`);
    expect([wrong.status, wrong.headers.get('allow')]).to.deep.equal([405, 'POST']);
    for (const { headers } of [head, wrong]) {
      expect(headers.get('x-frame-options')).to.equal('SAMEORIGIN');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('cross-origin-resource-policy')).to.equal('same-origin');
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      expect(headers.get('cache-control')).to.equal('no-store');
      expect(headers.get('content-security-policy')).to.contain("frame-ancestors 'self'");
    }
  });

  it('does not cover an export that another website opens', async () => {
    const query = `${SCREEN};Subaction=ExportTokenConfigurations`;
    for (const more of ['', ';Secrets=0'])
      for (const [site, status] of [
        ['cross-site', 403],
        ['same-site', 403],
        ['same-origin, cross-site', 403],
        ['Same-Origin', 403],
        ['same-origin', 200],
        ['none', 200],
      ] as const) {
        const answer = await admin.get(query + more, { 'Sec-Fetch-Site': site });
        expect(answer.status, site + more).to.equal(status);
        if (status === 403) expect(codeOf(await answer.text()), site + more).to.equal('opened-elsewhere');
      }
    expect((await admin.get(SCREEN, { 'Sec-Fetch-Site': 'cross-site' })).status, 'a link to a page').to.equal(
      200,
    );
  });

  it("is explained in the browser's language to those who are not logged in", async () => {
    for (const [header, text] of [
      ['de-DE,de;q=0.9,en;q=0.8', 'Bitte melden Sie sich zuerst am Helpdesk an.'],
      ['nl, *', 'Please log in to the helpdesk first.'],
      ['nonsense;;q', 'Please log in to the helpdesk first.'],
    ] as const) {
      const answer = await fetch(`${lab.urls.callback}?state=x&code=y`, {
        headers: { 'Accept-Language': header },
      });
      expect(answer.status).to.equal(401);
      expect(await answer.text()).to.contain(text);
    }
  });

  it('leads to the log-in at the end of a slow upload, too, and not to an error of the web server', async () => {
    const post = (body: string | ReadableStream) =>
      fetch(`${lab.urls.helpdesk}?${SCREEN};Subaction=SaveTokenConfig`, {
        method: 'POST',
        redirect: 'manual',
        body,
        duplex: 'half',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      } as RequestInit);
    const slow = new ReadableStream({
      async start(controller) {
        for (let part = 0; part < 5; part++) {
          controller.enqueue(new TextEncoder().encode(`a${part}=${'x'.repeat(20_000)}&`));
          await pause(800);
        }
        controller.close();
      },
    });
    const [quick, late] = [await post('a=b'), await post(slow)];
    expect(quick.status).to.equal(303);
    expect(late.status).to.equal(303);
    expect(late.headers.get('location')).to.equal(quick.headers.get('location'));
  });

  it("is explained in the agent's language when it is missing", async () => {
    await databaseRows(
      `INSERT INTO sessions (session_id, data_key, data_value, serialized) VALUES ('${admin.id}', 'UserLanguage', 'de', 0)`,
    );
    const unknown = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=999999`)).text();
    expect(unknown).to.contain('Diese Token-Konfiguration gibt es nicht (mehr).');
    const faulty = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=x`)).text();
    expect(faulty).to.contain('Der Parameter „ID“ muss eine Zahl sein.');
    await databaseRows(`DELETE FROM sessions WHERE data_key = 'UserLanguage' AND session_id = '${admin.id}'`);
  });

  it('shows the overview and allows no change where it is the right to look (GroupRo)', async () => {
    await setRights({ Group: ['admin'], GroupRo: ['users'] });
    // A deployed setting is followed within a second.
    await until('the right to look has arrived', async () => (await agent.get(SCREEN)).status === 200);
    const page = await (await agent.get(SCREEN)).text();
    expect(page).to.contain('OAuth2TokenConfigs').and.not.contain('ConnectMailbox');
    for (const name of FRAGMENTS)
      expect((await agent.get(`${SCREEN};Subaction=${name}`)).status).to.be.oneOf([200, 204]);
    for (const [subaction, method] of ROUTES.filter(
      ([name]) => !['', 'History', ...FRAGMENTS].includes(name),
    )) {
      const query = `${SCREEN};Subaction=${subaction};ID=1`;
      const answer = method === 'GET' ? await agent.get(query) : await agent.post(query, {});
      expect([subaction, answer.status]).to.deep.equal([subaction, 403]);
    }
    await setRights({ Group: ['admin'], GroupRo: [] });
    await until('the right to look has gone', async () => (await agent.get(SCREEN)).status === 403);
  });

  it('may come from a role, and ends with the role', async () => {
    const role = `Mailbox readers ${Date.now()}`;
    await perl(`my $G = $Kernel::OM->Get('Kernel::System::Group');
      my $Role = $G->RoleAdd( Name => '${role}', ValidID => 1, UserID => 1 );
      $G->PermissionGroupRoleAdd( GID => $G->GroupLookup( Group => 'admin' ), RID => $Role, Permission => { rw => 1 }, UserID => 1 );
      my $User = $Kernel::OM->Get('Kernel::System::User')->UserLookup( UserLogin => '${CREDENTIALS.agent.login}' );
      $G->PermissionRoleUserAdd( RID => $Role, UID => $User, Active => 1, UserID => 1 );`);
    try {
      expect((await agent.get(SCREEN)).status).to.equal(200);
      await databaseRows(`UPDATE roles SET valid_id = 2 WHERE name = '${role}'`);
      expect((await agent.get(SCREEN)).status).to.equal(403);
    } finally {
      // Other tests compare the whole database.
      for (const table of ['group_role', 'role_user'])
        await databaseRows(
          `DELETE FROM ${table} WHERE role_id IN (SELECT id FROM roles WHERE name = '${role}')`,
        );
      await databaseRows(`DELETE FROM roles WHERE name = '${role}'`);
    }
  });

  for (const [what, sql] of [
    [
      'idle for too long',
      "UPDATE sessions SET data_value = UNIX_TIMESTAMP() - 7201 WHERE data_key = 'UserLastRequest' AND session_id = '%s'",
    ],
    [
      'too old',
      "UPDATE sessions SET data_value = UNIX_TIMESTAMP() - 57601 WHERE data_key = 'UserSessionStart' AND session_id = '%s'",
    ],
    [
      'from another address',
      "UPDATE sessions SET data_value = '203.0.113.9' WHERE data_key = 'UserRemoteAddr' AND session_id = '%s'",
    ],
    [
      'of a customer',
      "UPDATE sessions SET data_value = 'Customer' WHERE data_key = 'UserType' AND session_id = '%s'",
    ],
  ] as const) {
    it(`does not belong to a session that is ${what}, which leads to the log-in, here and at the helpdesk`, async () => {
      const own = await session(CREDENTIALS.admin);
      expect((await own.get(SCREEN)).status).to.equal(200);
      await databaseRows(sql.replace('%s', own.id));
      const ours = await own.get(SCREEN);
      expect(ours.status).to.equal(303);
      expect(ours.headers.get('location')).to.match(/^index\.pl\?RequestedURL=/);
      const theirs = await (await own.get('Action=Admin')).text();
      expect(theirs).to.not.contain('id="NavigationContainer"');
    });
  }

  it('ends at once for a user who is made invalid', async () => {
    const own = await session(CREDENTIALS.admin);
    await databaseRows(`UPDATE users SET valid_id = 2 WHERE login = '${CREDENTIALS.admin.login}'`);
    try {
      expect((await own.get(SCREEN)).status).to.equal(303);
    } finally {
      await databaseRows(`UPDATE users SET valid_id = 1 WHERE login = '${CREDENTIALS.admin.login}'`);
    }
  });

  it("stays with an admin whose address is not loopback, inside the helpdesk's frame", async () => {
    const balancer = await loadBalancer('203.0.113.7');
    try {
      const own = await session(CREDENTIALS.admin, balancer.url);
      const [address] = await databaseRows(
        `SELECT data_value FROM sessions WHERE session_id = '${own.id}' AND data_key = 'UserRemoteAddr'`,
      );
      expect(address).to.deep.equal(['203.0.113.7']);
      for (let visit = 0; visit < 3; visit++) {
        const page = await (await own.get(SCREEN)).text();
        expect(page).to.contain('id="NavigationContainer"').and.contain('OAuth2Overview');
      }
      expect(await (await own.get('Action=Admin')).text()).to.contain('id="NavigationContainer"');
    } finally {
      await balancer.close();
    }
  });

  it('cannot be gained by a browser that claims another address in our header', async () => {
    const own = await session(CREDENTIALS.admin);
    const answer = await own.get(SCREEN, { 'X-OAuth2-Sidecar-Client': '203.0.113.7' });
    expect(answer.status).to.equal(200);
    expect((await own.get('Action=Admin')).status).to.equal(200);
  });
});
