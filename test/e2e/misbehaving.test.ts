import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';
import { type HostileServer, hostileServer, html, json, listen } from '../oauth/hostile-server.js';
import { addConfig } from '../support/granted-config.js';
import { databaseRows, lab, perl, session } from '../support/lab.js';

type Answer = HostileServer['answer'];
interface Case {
  answer?: Answer;
  /** Where it is not an answer that fails. */
  url?: string;
  outcome: string;
  code: string;
  reason: string;
  /** Seconds until the next attempt, at least and at most; none: not before somebody changes something. */
  wait?: [number, number];
}

const SOON: [number, number] = [15, 30];
const SLOW: [number, number] = [450, 900];
const passing = (code: string, answer: Answer, wait = SOON): Case => ({
  answer,
  outcome: 'transient',
  code,
  reason: 'backing_off',
  wait,
});
const noToken = (answer: Answer): Case => ({
  answer,
  outcome: 'invalid-answer',
  code: 'invalid_answer',
  reason: 'backing_off',
  wait: SOON,
});
const refusal = (error: string, status: number, outcome: string, reason: string): Case => ({
  answer: (response) => json(response, status, { error, error_description: `refused: ${error}` }),
  outcome,
  code: error,
  reason,
  ...(outcome === 'grant-dead' ? {} : { wait: SLOW }),
});
const limited =
  (retryAfter: () => string): Answer =>
  (response) =>
    json(response, 429, {}, { 'retry-after': retryAfter() });

const CASES: Record<string, Case> = {
  '408': passing('http_408', (response) => json(response, 408, {})),
  '429 for two minutes': passing(
    'http_429',
    limited(() => '120'),
    [119, 121],
  ),
  '429 until a date': passing(
    'http_429',
    limited(() => new Date(Date.now() + 200_000).toUTCString()),
    [190, 201],
  ),
  '500': passing('http_500', (response) => json(response, 500, {})),
  '502 in HTML': passing('http_502', (response) => html(response, 502)),
  '503 in HTML, for a while': passing(
    'http_503',
    (response) => html(response, 503, { 'retry-after': '90' }),
    [89, 91],
  ),
  temporarily_unavailable: passing('temporarily_unavailable', (response) =>
    json(response, 400, { error: 'temporarily_unavailable' }),
  ),
  'no answer': passing('timeout', () => undefined),
  'a reset': passing('network', (_response, request) => request.socket.destroy()),
  'half an answer': passing('network', (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"access_token":"ha');
    response.socket?.end();
  }),
  HTML: noToken((response) => html(response, 200)),
  nothing: noToken((response) => json(response, 200, undefined)),
  'a redirect': noToken((response) => json(response, 302, {}, { location: '/elsewhere' })),
  'a list': noToken((response) => json(response, 200, ['access_token'])),
  invalid_grant: refusal('invalid_grant', 400, 'grant-dead', 'grant_dead'),
  interaction_required: refusal('interaction_required', 400, 'grant-dead', 'grant_dead'),
  invalid_client: refusal('invalid_client', 401, 'client-rejected', 'client_rejected'),
  unauthorized_client: refusal('unauthorized_client', 400, 'client-rejected', 'client_rejected'),
  invalid_scope: refusal('invalid_scope', 400, 'refused', 'invalid_config'),
};

describe('a provider that misbehaves, through a real sidecar', () => {
  const servers: HostileServer[] = [];
  const ids = new Map<string, number>();
  /** What the due list said about each configuration after its first attempt. */
  const first = new Map<number, string[]>();
  let began = 0;
  const closing: (() => Promise<unknown> | unknown)[] = [];
  const good: Answer = (response) =>
    json(response, 200, { access_token: 'renewed', refresh_token: 'rotated', expires_in: 7200 });

  const elsewhere = (url: string) => url.replace('127.0.0.1', 'localhost');
  const idOf = (name: string) => ids.get(name) ?? 0;
  const tokenOf = async (id: number) =>
    (
      await databaseRows(
        `SELECT token, refresh_token, COALESCE(error_message, '-') FROM oauth2_token WHERE token_config_id = ${id}`,
      )
    )[0];
  const eventsOf = (id: number) =>
    databaseRows(
      `SELECT outcome, code, user_id, at FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what = 'renewal'`,
    );

  before(async function () {
    this.timeout(120_000);
    const tls = createTlsServer(await selfSigned(), (_request, response) => json(response, 200, {}));
    const tlsPort = await listen(tls);
    closing.push(() => tls.close());
    CASES['an unknown certificate'] = {
      ...passing('network', good),
      url: `https://127.0.0.1:${tlsPort}/token`,
    };
    CASES['a name that nobody knows'] = {
      ...passing('network', good),
      url: 'http://no-such-host.invalid/token',
    };
    CASES['a closed port'] = {
      ...passing('network', good),
      url: `http://127.0.0.1:${await freePort()}/token`,
    };
    const admin = await session(CREDENTIALS.admin);
    for (const [name, { answer, url }] of [...Object.entries(CASES), ['good', { answer: good }] as const]) {
      const server = await hostileServer();
      server.answer = answer ?? good;
      servers.push(server);
      closing.push(() => server.close());
      // The first success at a host releases all that wait for it, so those that answer have a host of their own.
      const own = ['good', 'no answer'].includes(name) ? elsewhere(server.url) : server.url;
      const more = { TokenByRefreshTokenRequestURL: url ?? own };
      ids.set(name, await addConfig(admin, `Provider: ${name}`, more));
    }
    // The access tokens are still valid for a while, and due.
    const insertTokens = (of: Iterable<number>) =>
      databaseRows(`INSERT INTO oauth2_token (token_config_id, token, refresh_token, token_expiration_date,
        create_time, create_by, change_time, change_by)
      SELECT id, CONCAT('stored-token-', id), CONCAT('stored-refresh-', id), UTC_TIMESTAMP() + INTERVAL 9 MINUTE,
        UTC_TIMESTAMP(), 1, UTC_TIMESTAMP() - INTERVAL 51 MINUTE, 1
      FROM oauth2_token_config WHERE id IN (${[...of].join(',')})`);
    await insertTokens(ids.values());
    began = Date.now();
    // The sidecar listens for minutes to a host that gives no answer, unless that host answers a later request.
    const overtake = async () => {
      const silent = servers[Object.keys(CASES).indexOf('no answer')] as HostileServer;
      await until('the silent one has been asked', () => silent.received.length > 0, 60_000);
      silent.answer = good;
      const more = { TokenByRefreshTokenRequestURL: elsewhere(silent.url) };
      ids.set('later', await addConfig(admin, 'Provider: later', more));
      await insertTokens([idOf('later')]);
    };
    const overtaken = overtake();
    const failing = Object.keys(CASES).map(idOf);
    await until(
      'each has been asked',
      async () => {
        const rows = await databaseRows(
          `SELECT r.token_config_id, r.outcome, r.reason, CASE WHEN r.retry_at IS NULL THEN 'never' ELSE CONCAT(r.retry_at - e.at) END
           FROM oauth2_sidecar_renewal r JOIN oauth2_sidecar_event e USING (token_config_id)
           WHERE token_config_id IN (${failing.join(',')}) AND e.what = 'renewal' AND r.failures = 1`,
        );
        for (const [id, ...facts] of rows) if (!first.has(Number(id))) first.set(Number(id), facts);
        return first.size === failing.length;
      },
      90_000,
    );
    await overtaken;
  });
  after(async () => {
    for (const close of closing) await close();
    for (const table of ['oauth2_token WHERE token_config_id', 'oauth2_token_config WHERE id'])
      await databaseRows(`DELETE FROM ${table} IN (${[...ids.values()].join(',')})`);
  });

  it('is recognised by its fault, waited for accordingly, and costs no stored token', async () => {
    for (const [name, { outcome, code, reason, wait }] of Object.entries(CASES)) {
      const id = idOf(name);
      const [what, why, afterwards] = first.get(id) ?? [];
      expect([name, what, why]).to.deep.equal([name, outcome, reason]);
      if (wait) expect(Number(afterwards) / 1000, name).to.be.within(...wait);
      else expect(afterwards, name).to.equal('never');
      expect((await eventsOf(id)).map(([kind, word, user]) => [name, kind, word, user])).to.deep.equal([
        [name, outcome, code, 'NULL'],
      ]);
      // A temporary fault must not hide a token that still works.
      const shown = reason === 'backing_off' ? '-' : code;
      expect([name, ...((await tokenOf(id)) ?? [])]).to.deep.equal([
        name,
        `stored-token-${id}`,
        `stored-refresh-${id}`,
        shown,
      ]);
    }
  });

  it('delays nobody else: the one that answers was finished before the one that does not', async () => {
    expect((await tokenOf(idOf('good')))?.slice(0, 2)).to.deep.equal(['renewed', 'rotated']);
    const at = async (name: string) => Number((await eventsOf(idOf(name)))[0]?.[3]);
    expect(await at('good')).to.be.lessThan(await at('no answer'));
  });

  it('appears in the log by the same codes, without a secret', () => {
    const log = readFileSync(`${lab.dir}/log/sidecar.log`, 'utf8');
    const lines = log
      .split('\n')
      .filter((line) => line.includes('"msg":"token not renewed"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const [name, { outcome, code }] of Object.entries(CASES)) {
      const own = lines.filter(({ configId, time }) => configId === idOf(name) && Number(time) > began);
      const words = new Set(own.map((line) => `${line.outcome} ${line.error}`));
      expect([name, ...words]).to.deep.equal([name, `${outcome} ${code}`]);
    }
    expect(log).not.to.match(/stored-(token|refresh)-\d/);
    expect(log).not.to.contain(CREDENTIALS.client.secret);
  });

  it('is asked again at once when somebody corrects the cause, on our screens or with the helpdesk itself', async () => {
    for (const server of servers) server.answer = good;
    const change = (id: number, perlCode: string) =>
      perl(`my $O = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig');
        my %C = $O->DataGet( ID => ${id}, UserID => 1 ); ${perlCode}; $O->DataUpdate( %C, UserID => 1 );`);
    const endpoint = (name: string) => {
      const at = [...ids.keys()].indexOf(name);
      return servers[at]?.url ?? '';
    };
    const corrections = new Map<string, Promise<unknown>>();
    const correct = (name: string, work: Promise<unknown>) => corrections.set(name, work);
    correct('invalid_client', change(idOf('invalid_client'), "$C{Config}->{ClientSecret} = 'right'"));
    correct('invalid_scope', change(idOf('invalid_scope'), "$C{Config}->{Scope} = 'mail'"));
    const moved = endpoint('a closed port');
    correct(
      'a closed port',
      change(
        idOf('a closed port'),
        `$C{Config}->{Requests}->{TokenByRefreshToken}->{Request}->{URL} = '${moved}'`,
      ),
    );
    correct(
      'invalid_grant',
      perl(`my $O = $Kernel::OM->Get('Kernel::System::OAuth2Token');
        my %T = $O->DataGet( TokenConfigID => ${idOf('invalid_grant')}, UserID => 1 );
        $O->DataUpdate( ID => $T{ID}, RefreshToken => 'of a new consent', UserID => 1 );`),
    );
    const admin = await session(CREDENTIALS.admin);
    await admin.post('Action=AdminOAuth2TokenManagement;Subaction=RefreshToken', {
      ID: String(idOf('unauthorized_client')),
    });
    corrections.set('unauthorized_client', Promise.resolve());
    await Promise.all(corrections.values());
    for (const name of corrections.keys())
      await until(`${name} is renewed`, async () => (await tokenOf(idOf(name)))?.[0] === 'renewed', 40_000);
  }).timeout(120_000);

  it('is asked again when the wait is over', async () => {
    const waiting = Object.keys(CASES).filter(
      (name) => CASES[name]?.reason === 'backing_off' && CASES[name]?.url === undefined,
    );
    const own = waiting.map(idOf).join(',');
    await databaseRows(
      `UPDATE oauth2_sidecar_renewal SET retry_at = 1, due_at = 1 WHERE token_config_id IN (${own})`,
    );
    for (const name of waiting)
      await until(`${name} is renewed`, async () => (await tokenOf(idOf(name)))?.[0] === 'renewed', 40_000);
    const [row] = await databaseRows(
      `SELECT COUNT(*), SUM(failures) FROM oauth2_sidecar_renewal WHERE token_config_id IN (${own}) AND outcome = 'renewed'`,
    );
    expect(row).to.deep.equal([String(waiting.length), '0']);
  }).timeout(120_000);
});
