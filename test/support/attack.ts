import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, pause, until } from '../lab/ports.js';
import { type Engine, startShippedSite } from '../lab/shipped-site.js';
import { IS_POSTGRES, tableChecksums } from './database.js';
import { addConfig } from './granted-config.js';
import {
  databaseRows,
  console as helpdeskConsole,
  lab,
  perl,
  type Session,
  session,
  usesTokens,
} from './lab.js';
import { createRandom } from './random.js';
import { type RawAnswer, sendRaw } from './raw-http.js';
import { type Spelling, spellings, type Target } from './spellings.js';

/** The seed is printed; setting it here repeats a run. */
const SEED = Number(process.env.SPELLINGS_SEED ?? Date.now() % 1e9);
/** Requests to each web server. */
export const REQUESTS = Number(process.env.SPELLINGS_REQUESTS ?? 1000);
/** The same without mod_perl, where each page compiles the helpdesk anew, for two seconds; `make test-long` sends a thousand. */
export const REQUESTS_CGI = Number(process.env.SPELLINGS_REQUESTS_CGI ?? 50);
/** The same for nginx alone, where each request starts a Perl by FastCGI. */
export const REQUESTS_FASTCGI = Number(process.env.SPELLINGS_REQUESTS_FASTCGI ?? 50);
const AT_A_TIME = 6;

const MODULE = 'Frontend::Module###AdminOAuth2TokenManagement';
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAMES = ['attacked one', 'attacked two', 'attacked three'];
const SECRET = `secret-of-the-attacked-${process.pid}`;

/** Text that only the built-in module prints, and no page that repeats a request. */
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

/** What a helpdesk says that has such a module, and what one says that has none. */
const REFUSED = /No Permission to use this frontend module|Fatal Error - Frontend/;

/** A part of the sidecar's policy that the helpdesk's own policy does not have. */
const isSidecars = ({ head }: RawAnswer): boolean =>
  /^content-security-policy:.*base-uri 'self'/im.test(head);
const isBuiltIns = (answer: RawAnswer): boolean =>
  !isSidecars(answer) &&
  (BUILT_IN.some((mark) => answer.body.includes(mark)) ||
    /^location: .*Action=AdminOAuth2TokenManagement/im.test(answer.head));

/** Sessions store the time of each request; in the others the sidecar notes by itself what it finds. */
const WRITTEN_MEANWHILE = [
  'sessions',
  ...['renewal', 'event', 'alert', 'alert_message', 'alert_channel', 'mailbox', 'mail_watch'].map(
    (name) => `oauth2_sidecar_${name}`,
  ),
];

/**
 * A checksum of each table that changes only when somebody asks for it, and what the history says of requests.
 * Events of its own renewals are left out, because other tests leave tokens behind.
 */
export async function checksums(): Promise<string[][]> {
  const tables = await databaseRows(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = ${IS_POSTGRES ? 'current_schema()' : 'DATABASE()'}
       AND table_type = 'BASE TABLE' AND table_name NOT IN (${WRITTEN_MEANWHILE.map((name) => `'${name}'`).join(', ')})
     ORDER BY table_name`,
  );
  return [
    ...(await tableChecksums(tables.map(([name = '']) => name))),
    ...(await databaseRows(
      "SELECT 'events', id, what FROM oauth2_sidecar_event WHERE what NOT IN ('renewal', 'state') ORDER BY id",
    )),
  ];
}

const setGroups = (group: string, groupRo: string) =>
  perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
    my %Old = $S->SettingGet( Name => '${MODULE}' );
    my %Value = ( %{ $Old{EffectiveValue} }, Group => ['${group}'], GroupRo => [ grep { $_ } '${groupRo}' ] );
    $S->SettingsSet( UserID => 1, Comments => 'test', Settings => [ { Name => '${MODULE}', EffectiveValue => \\%Value, IsValid => 1 } ] ) || die;`);

/** The helpdesk behind Apache, with the configuration that its package ships and our rules. */
export async function shippedSite(engine: Engine): Promise<{ port: number; name: string }> {
  const [port, framePort] = [await freePort(), await freePort()];
  const name = await startShippedSite(lab, engine, { port, sidecarPort: lab.ports.sidecar, framePort });
  return { port, name };
}

export type Attack = Awaited<ReturnType<typeof prepareAttack>>;

/**
 * Token configurations to attack, with the cookies of an admin, of an agent who may only look, and of nobody. An
 * attacker uses them from another site and knows no challenge token.
 */
export async function prepareAttack() {
  console.log(`      SPELLINGS_SEED=${SEED}`);
  /** A token endpoint that the attacked configurations name: no request may ever reach it. */
  const asked: string[] = [];
  const endpoint = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('Content-Type', 'application/json');
    response.end('{"access_token":"forged","token_type":"Bearer","expires_in":3600}');
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  // What other tests have left in the log stops the programs of a 6.0.
  await helpdeskConsole('Maint::Log::Clear');
  // Nothing from other tests is renewed meanwhile.
  await databaseRows('UPDATE oauth2_token_config SET valid_id = 2, change_time = NOW()');
  await setGroups('admin', 'users');
  const admin: Session = await session(CREDENTIALS.admin);
  const mayLook = await session(CREDENTIALS.agent);
  await until('the right to look has arrived', async () => (await mayLook.get(SCREEN)).ok);
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`;
  const configIds: number[] = [];
  for (const name of NAMES) {
    const fields = { TokenByAuthorizationCodeRequestURL: url, ClientSecret: SECRET };
    configIds.push(await addConfig(admin, name, fields));
  }
  // First visits start tasks of the helpdesk itself: the dashboard adds sample statistics.
  for (const query of ['Action=AgentDashboard', 'Action=Admin', SCREEN])
    for (const who of [admin, mayLook]) await who.get(query);
  await until('nothing else is being written', async () => {
    const before = await checksums();
    await pause(500);
    return JSON.stringify(await checksums()) === JSON.stringify(before);
  });
  const cookies = [admin, admin, admin, mayLook].map(({ id }) => `OTRSAgentInterface=${id}`);
  const target: Omit<Target, 'host'> = { configIds, cookies: [...cookies, ''], narrow: !usesTokens };

  /** Sends the given number of requests and returns what should not have happened. */
  async function send(port: number, count: number) {
    const requests = spellings(createRandom(SEED), { ...target, host: `127.0.0.1:${port}` });
    const faults: string[] = [];
    const seen = { honest: 0, refused: 0, answers: 0 };
    const judge = (spelling: Spelling, answer: RawAnswer) => {
      if (answer.status > 0) seen.answers += 1;
      if (REFUSED.test(answer.body)) seen.refused += 1;
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

  return {
    send,
    /** Nothing in the database changes, the built-in module never answers, and what is meant for the sidecar reaches it. */
    async holds(port: number, count: number): Promise<void> {
      const before = await checksums();
      const { faults, seen } = await send(port, count);
      expect(faults.slice(0, 8), `${faults.length} of ${count}, SPELLINGS_SEED=${SEED}`).to.deep.equal([]);
      expect(await checksums(), `SPELLINGS_SEED=${SEED}`).to.deep.equal(before);
      expect(asked).to.deep.equal([]);
      // The attacks reached what they would damage without the rules, and requests meant for the sidecar reached it.
      // Few requests may be of one kind by chance.
      expect(seen.honest).to.be.greaterThan(count < 100 ? count / 8 : count / 5);
      expect(seen.refused).to.be.greaterThan(count < 100 ? 0 : count / 30);
      expect(seen.answers).to.be.greaterThan(count * 0.95);
      expect(await (await admin.get('Action=Admin')).text()).to.contain('id="NavigationContainer"');
    },
    async end(): Promise<void> {
      endpoint.close();
      await helpdeskConsole('Maint::Log::Clear');
      // By number: where the module is open, the attack changes names.
      const ids = configIds.join(', ');
      await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id IN (${ids})`);
      await databaseRows(`DELETE FROM oauth2_token_config WHERE id IN (${ids})`);
      await setGroups('admin', '');
    },
  };
}
