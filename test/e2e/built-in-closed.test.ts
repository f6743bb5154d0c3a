import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { nginxRules } from '../../plugin/helpdesk/nginx-rules.js';
import { rulesOf, startPlainApache } from '../lab/apache.js';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, pause, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { type Engine, openBuiltIn, startShippedSite } from '../lab/shipped-site.js';
import { addConfig } from '../support/granted-config.js';
import { databaseRows, itWithTokens, lab, perl, type Session, session } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';
import { createRandom } from '../support/random.js';
import { type RawAnswer, sendRaw } from '../support/raw-http.js';
import { type Spelling, spellings, type Target } from '../support/spellings.js';

/** Printed, and taken from here to play a run again. */
const SEED = Number(process.env.SPELLINGS_SEED ?? Date.now() % 1e9);
const REQUESTS = Number(process.env.SPELLINGS_REQUESTS ?? 1000);
/** Without mod_perl each page compiles the helpdesk anew. */
const REQUESTS_CGI = Number(process.env.SPELLINGS_REQUESTS_CGI ?? 150);
const AT_A_TIME = 6;

const MODULE = 'Frontend::Module###AdminOAuth2TokenManagement';
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAMES = ['attacked one', 'attacked two', 'attacked three'];
const SECRET = `secret-of-the-attacked-${process.pid}`;

/** What only the built-in module writes, and no page that repeats a request. */
const BUILT_IN = [
  SECRET,
  ...NAMES,
  'data-action-delete-token-config',
  'name="TokenByRefreshTokenRequestURL"',
  'Authorization code parameters not found',
  'Error requesting token for token config',
  'Error reading file for token config template',
  'Error deleting token config',
];

/** A part of the sidecar's policy that the helpdesk's does not have. */
const isSidecars = ({ head }: RawAnswer): boolean =>
  /^content-security-policy:.*base-uri 'self'/im.test(head);
const isBuiltIns = (answer: RawAnswer): boolean =>
  !isSidecars(answer) &&
  (BUILT_IN.some((mark) => answer.body.includes(mark)) ||
    /^location: .*Action=AdminOAuth2TokenManagement/im.test(answer.head));

/** A checksum of each table; sessions note the time of each request, and the sidecar keeps its due list by itself. */
async function database(): Promise<string[][]> {
  const tables = await databaseRows(
    `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME NOT IN ('sessions', 'oauth2_sidecar_renewal')`,
  );
  return databaseRows(`CHECKSUM TABLE ${tables.map(([name]) => `\`${name}\``).join(', ')}`);
}

const setGroups = (group: string, groupRo: string) =>
  perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
    my %Old = $S->SettingGet( Name => '${MODULE}' );
    my %Value = ( %{ $Old{EffectiveValue} }, Group => ['${group}'], GroupRo => [ grep { $_ } '${groupRo}' ] );
    $S->SettingsSet( UserID => 1, Comments => 'test', Settings => [ { Name => '${MODULE}', EffectiveValue => \\%Value, IsValid => 1 } ] ) || die;`);

describe('the built-in module and callback, attacked in every spelling', function () {
  this.timeout(1_800_000);
  let admin: Session;
  let target: Omit<Target, 'host'>;
  /** A token endpoint that the attacked configurations name: nobody may ever ask it. */
  const asked: string[] = [];
  const endpoint = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('Content-Type', 'application/json');
    response.end('{"access_token":"forged","token_type":"Bearer","expires_in":3600}');
  });

  before(async () => {
    console.log(`      SPELLINGS_SEED=${SEED}`);
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    await setGroups('admin', 'users');
    admin = await session(CREDENTIALS.admin);
    const mayLook = await session(CREDENTIALS.agent);
    await until('the right to look has arrived', async () => (await mayLook.get(SCREEN)).ok);
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`;
    const configIds: number[] = [];
    for (const name of NAMES) {
      const fields = { TokenByAuthorizationCodeRequestURL: url, ClientSecret: SECRET };
      configIds.push(await addConfig(admin, name, fields));
    }
    await until('nothing else is being written', async () => {
      const before = await database();
      await pause(500);
      return JSON.stringify(await database()) === JSON.stringify(before);
    });
    const cookies = [admin, admin, admin, mayLook].map(({ id }) => `OTRSAgentInterface=${id}`);
    target = { configIds, cookies: [...cookies, ''] };
  });
  after(async () => {
    endpoint.close();
    // By number: the last test lets their names be changed.
    const ids = target.configIds.join(', ');
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id IN (${ids})`);
    await databaseRows(`DELETE FROM oauth2_token_config WHERE id IN (${ids})`);
    await setGroups('admin', '');
  });

  /** Sends them and tells what should not have happened. */
  async function attack(port: number, count: number, seed: number) {
    const requests = spellings(createRandom(seed), { ...target, host: `127.0.0.1:${port}` });
    const faults: string[] = [];
    const seen = { honest: 0, refused: 0, answers: 0 };
    const judge = (spelling: Spelling, answer: RawAnswer) => {
      if (answer.status > 0) seen.answers += 1;
      if (answer.body.includes('No Permission to use this frontend module')) seen.refused += 1;
      if (spelling.honest) seen.honest += 1;
      if (isBuiltIns(answer)) faults.push(`the built-in module answered ${answer.status}: ${spelling.shown}`);
      if (spelling.honest && !isSidecars(answer))
        faults.push(`the sidecar did not answer, but ${answer.status} came: ${spelling.shown}`);
    };
    let left = count;
    const worker = async () => {
      while (left-- > 0) {
        const spelling = requests.next().value;
        judge(spelling, await sendRaw(port, spelling.bytes));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    return { faults, seen };
  }

  async function holds(port: number, count: number): Promise<void> {
    const before = await database();
    const { faults, seen } = await attack(port, count, SEED);
    expect(faults.slice(0, 8), `${faults.length} of ${count}, SPELLINGS_SEED=${SEED}`).to.deep.equal([]);
    expect(await database(), `SPELLINGS_SEED=${SEED}`).to.deep.equal(before);
    expect(asked).to.deep.equal([]);
    // The attacks came to where they hurt without the mend, and so did what is meant for us.
    expect(seen.honest).to.be.greaterThan(count / 5);
    expect(seen.refused).to.be.greaterThan(count / 30);
    expect(seen.answers).to.be.greaterThan(count * 0.95);
    expect(await (await admin.get('Action=Admin')).text()).to.contain('id="NavigationContainer"');
  }

  for (const [engine, count] of [
    ['mod_perl', REQUESTS],
    ['CGI', REQUESTS_CGI],
  ] as const)
    describe(`Apache with ${engine}, as the helpdesk ships its configuration`, () => {
      let port: number;
      let name: string;
      before(async () => {
        ({ port, name } = await shippedSite(engine));
      });
      after(() => stopServer(lab, name));

      it(`${count} requests change nothing, and what is meant for the sidecar reaches it`, () =>
        holds(port, count));
    });

  describe('nginx in front of Apache', () => {
    let port: number;
    let name: string;
    let nginx: Awaited<ReturnType<typeof startNginx>>;
    before(async () => {
      const apache = await shippedSite('mod_perl');
      name = apache.name;
      port = await freePort();
      nginx = await startNginx(
        (folder) => `server {
    listen 127.0.0.1:${port};
    include ${folder}/rules.conf;
    location / {
      proxy_pass http://127.0.0.1:${apache.port};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }`,
        { 'rules.conf': nginxRules({ ...rulesOf(lab), sidecarPort: lab.ports.sidecar }) },
      );
      await until('nginx', () =>
        fetch(`http://127.0.0.1:${port}/otrs/index.pl`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
    });
    after(async () => {
      await nginx?.stop();
      await stopServer(lab, name);
    });

    it(`${REQUESTS} requests change nothing, and what is meant for the sidecar reaches it`, () =>
      holds(port, REQUESTS));
  });

  // The last one, because it destroys what the others look at.
  describe('without the add-on and the rules', () => {
    itWithTokens('the same requests do harm where the module is open and no rules are read', async () => {
      const close = openBuiltIn(lab);
      try {
        const port = await startPlainApache(lab);
        const before = await database();
        const { faults } = await attack(port, 60, SEED);
        const told = faults.filter((fault) => fault.startsWith('the built-in module answered'));
        expect(told.length, `SPELLINGS_SEED=${SEED}`).to.be.greaterThan(3);
        expect(await database()).to.not.deep.equal(before);
      } finally {
        close();
        await stopServer(lab, 'apache-plain');
      }
    });
  });
});

async function shippedSite(engine: Engine): Promise<{ port: number; name: string }> {
  const [port, framePort] = [await freePort(), await freePort()];
  const name = await startShippedSite(lab, engine, { port, sidecarPort: lab.ports.sidecar, framePort });
  return { port, name };
}
