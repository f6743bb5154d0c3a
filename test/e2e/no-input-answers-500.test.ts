import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { FORM_FIELDS } from '../../plugin/domain/configuration/form-fields.js';
import { SECTION_NAMES } from '../../plugin/domain/configuration/request-rows.js';
import { SCREENS } from '../../plugin/web/screens.js';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { logFile } from '../lab/servers.js';
import { tableChecksums } from '../support/database.js';
import { encoded, HOSTILE, oneOf, randomOf } from '../support/hostile-values.js';
import { databaseRows, lab, type Session, session } from '../support/lab.js';

/** `FUZZ_SEED=7 FUZZ_REQUESTS=5000 npx mocha test/e2e/no-input-answers-500.test.ts` repeats a run, with more requests. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 240);
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const CALLBACK = 'get-oauth2-token-by-authorization-code.pl';

/** Every parameter that the program reads by name. */
const PARAMETERS = [
  ...new Set(
    ['plugin/web', 'plugin/usecases'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) =>
          [
            ...readFileSync(path.join(ROOT, folder, file), 'utf8').matchAll(
              /\b(?:one|every|flag|id|file|text|choice)\('([A-Za-z_]+)'/g,
            ),
          ].map(([, name = '']) => name),
        ),
    ),
  ),
  ...FORM_FIELDS.flatMap(({ name }) => [name, `${name}More`, `${name}Own`]),
  ...SECTION_NAMES.flatMap(({ name }) => [`${name}Name`, `${name}Value`]),
  'Search',
  'State',
  'Provider',
  'Sort',
  'iss',
  '__proto__',
];

/** The parameters that are files. */
const FILES = ['FileUpload', 'KeyFile'];

interface Answer {
  status: number;
  body: string;
}

/** Sends bytes as they are, which no client library would. */
function send(port: number, bytes: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.setTimeout(30_000, () => socket.destroy(new Error('no answer in 30 s')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A request that is refused for a broken head may be cut off.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(read());
      else reject(error);
    });
    const read = (): Answer => {
      const body = Buffer.concat(chunks).toString('utf8');
      return { status: Number(/^HTTP\/1\.\d (\d{3})/.exec(body)?.[1] ?? 0), body };
    };
    socket.on('close', () => resolve(read()));
    socket.write(bytes);
  });
}

/** Codes of the documented pages that answer 503 because something is busy. */
const BUSY = ['mailbox-tests-busy', 'database-busy'];

/** The status and code of an answer with any 5xx except those pages; else an empty text. */
function faultOf({ status, body }: Answer): string {
  if (status < 500) return '';
  const code = /data-code="([^"]*)"/.exec(body)?.[1];
  return status === 503 && BUSY.includes(code ?? '') ? '' : `${status} ${code ?? body.slice(0, 300)}`;
}

const TABLES = ['oauth2_token_config', 'oauth2_token', 'mail_account', 'sessions', 'users'];
const unchanged = async () => {
  const rows = await databaseRows(
    `SELECT COUNT(*), MAX(id) FROM oauth2_token_config UNION ALL SELECT COUNT(*), MAX(id) FROM oauth2_token UNION ALL SELECT COUNT(*), MAX(id) FROM mail_account`,
  );
  const checksums = await tableChecksums(TABLES.filter((name) => name !== 'sessions'));
  return JSON.stringify([rows, checksums]);
};

describe(`no input is answered by a 5xx (FUZZ_SEED=${SEED})`, function () {
  this.timeout(30 * 60_000);
  const random = randomOf(SEED);
  let admin: Session;
  let id: string;
  let logged: number;
  /** Configurations of other tests, which the renewal service would renew meanwhile. */
  let others: string[];
  const switchOthers = (validId: number) =>
    others.length > 0
      ? databaseRows(
          `UPDATE oauth2_token_config SET valid_id = ${validId} WHERE id IN (${others.join(', ')})`,
        )
      : [];

  const log = () => readFileSync(logFile(lab, 'sidecar'), 'utf8');
  before(async () => {
    admin = await session(CREDENTIALS.admin);
    others = (await databaseRows('SELECT id FROM oauth2_token_config WHERE valid_id = 1')).map(
      ([one]) => one ?? '',
    );
    await switchOthers(2);
    await databaseRows(
      `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('Fuzz ${SEED}', '{"ClientID":"c"}', 2, NOW(), 1, NOW(), 1)`,
    );
    id = (await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = 'Fuzz ${SEED}'`))[0]?.[0] ?? '';
    logged = log().length;
  });
  after(async () => {
    const made = `SELECT id FROM oauth2_token_config WHERE id >= ${id}`;
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id IN (${made})`);
    await databaseRows(`DELETE FROM oauth2_token_config WHERE id >= ${id}`);
    await switchOthers(1);
  });

  /** Unexpected failures in the log since the start. */
  const failures = () =>
    log()
      .slice(logged)
      .split('\n')
      .filter((line) => /Unexpected failure|"code":"internal"/.test(line));

  /** Requests that the sidecar has answered since the start, by their log lines. */
  const answered = () =>
    log()
      .slice(logged)
      .split('\n')
      .filter((line) => line.includes('"msg":"request"')).length;

  const value = () => oneOf(HOSTILE, random);
  const pairs = (most: number, isQuery: boolean) =>
    Array.from({ length: Math.floor(random() * most) }, () => {
      const name = random() < 0.9 ? oneOf(PARAMETERS, random) : encoded(value(), random);
      const given = name === 'ID' && random() < 0.5 ? id : encoded(value(), random);
      return random() < 0.1 ? name : `${name}=${given}`;
    }).join(isQuery && random() < 0.5 ? ';' : '&');

  const METHODS = [
    'GET',
    'GET',
    'GET',
    'POST',
    'POST',
    'HEAD',
    'PUT',
    'DELETE',
    'OPTIONS',
    'PATCH',
    'PROPFIND',
    'get',
  ];
  const TYPES = [
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=utf-16',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'multipart/form-data; boundary="',
    'application/json',
    'text/plain',
    'ä',
    '',
  ];
  const clean = (text: string) => text.replace(/[\0\r\n]/g, '').slice(0, 4000);

  function body(type: string, token: string): Buffer {
    const kind = random();
    if (kind < 0.1) return Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256)));
    if (kind < 0.15) return Buffer.from('a&'.repeat(50_000));
    if (kind < 0.2) return Buffer.from('{"a":'.repeat(3000));
    if (!type.startsWith('multipart')) return Buffer.from(`ChallengeToken=${token}&${pairs(12, false)}`);
    const file =
      random() < 0.5 ? Buffer.from('\ufeff- Name: ä\n  Config: {}').swap16() : Buffer.from(value());
    const part = (head: string, content: Buffer | string) =>
      Buffer.concat([Buffer.from(`--x\r\n${head}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
    return Buffer.concat([
      part('Content-Disposition: form-data; name="ChallengeToken"', token),
      part(
        `Content-Disposition: form-data; name="${oneOf(FILES, random)}"; filename="${clean(value())}"`,
        file,
      ),
      part(`Content-Disposition: form-data; name="${clean(value())}"`, value()),
      Buffer.from(random() < 0.8 ? '--x--\r\n' : '--x'),
    ]);
  }

  /** @param token the challenge token; a wrong one may change nothing */
  function request(token: string): Buffer {
    const method = oneOf(METHODS, random);
    const subaction = random() < 0.9 ? oneOf(Object.keys(SCREENS), random) : encoded(value(), random);
    const query =
      random() < 0.75
        ? `/otrs/index.pl?${SCREEN};Subaction=${subaction};${pairs(6, true)}`
        : `/otrs/${CALLBACK}?${pairs(6, true)}`;
    const type = oneOf(TYPES, random);
    const content = method === 'POST' || random() < 0.1 ? body(type, token) : Buffer.alloc(0);
    const cookie =
      random() < 0.85
        ? `OTRSAgentInterface=${admin.id}`
        : `OTRSAgentInterface=${clean(value())}; ${clean(value())}`;
    const headers = [
      'Host: 127.0.0.1',
      'Connection: close',
      `Cookie: ${cookie}`,
      ...(content.length > 0 || method === 'POST'
        ? [`Content-Length: ${content.length}`, `Content-Type: ${type}`]
        : []),
      ...(random() < 0.3 ? [`Accept-Language: ${clean(value())}`] : []),
      ...(random() < 0.2 ? [`X-OAuth2-Sidecar-Client: ${clean(value())}`] : []),
      ...(random() < 0.1 ? [`Referer: ${clean(value())}`, `X-Forwarded-For: ${clean(value())}`] : []),
    ];
    return Buffer.concat([
      Buffer.from(`${method} ${query} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`),
      content,
    ]);
  }

  const shown = (bytes: Buffer) => bytes.toString('utf8').slice(0, 600);

  it('of any parameter of the program, each of which these tests know', () => {
    expect(PARAMETERS).to.include.members([
      'ID',
      'Ticket',
      'Doctor',
      'state',
      'code',
      'error',
      'Mailbox',
      'Tenant',
    ]);
  });

  it('of hostile values for each parameter on each screen', async () => {
    const names = PARAMETERS.filter(
      (name) => !['Action', 'Subaction', 'ChallengeToken', 'ID'].includes(name),
    );
    const values = HOSTILE.filter((text) => !text.includes('\0') && text.length < 100);
    for (const [subaction, screen] of Object.entries(SCREENS)) {
      if (!screen.get || subaction === 'Doctor') continue;
      // All parameters at once, each with another value, in as many rounds as there are values; a few rounds where
      // nothing is read.
      const turns = subaction === '' || subaction === 'History' ? values.length : 6;
      for (let turn = 0; turn < turns; turn++) {
        const given = names.map(
          (name, at) => `${name}=${encodeURIComponent(values[(at + turn) % values.length] ?? '')}`,
        );
        const answer = await admin.get(`${SCREEN};Subaction=${subaction};ID=${id};${given.join(';')}`);
        const body = await answer.text();
        expect(faultOf({ status: answer.status, body }), `${subaction} ${given.join(';')}`).to.equal('');
      }
    }
    expect(failures()).to.deep.equal([]);
  });

  it(`among ${REQUESTS} requests with a wrong challenge token or none, which change nothing`, async () => {
    const before = await unchanged();
    for (let n = 0; n < REQUESTS; n++) {
      const bytes = request(oneOf(['', 'x', admin.challengeToken.slice(1)], random));
      expect(faultOf(await send(lab.ports.apache, bytes)), shown(bytes)).to.equal('');
      if (failures().length > 0) throw new Error(`${failures()[0]}\n${shown(bytes)}`);
    }
    expect(await unchanged()).to.equal(before);
    expect(answered()).to.be.greaterThan(REQUESTS / 2);
  });

  it(`among ${Math.floor(REQUESTS / 2)} requests of an admin`, async () => {
    for (let n = 0; n < REQUESTS / 2; n++) {
      const bytes = request(admin.challengeToken);
      if (/Subaction=(Doctor|TestMailbox|DiscoverProvider)/.test(shown(bytes)) && random() < 0.8) continue;
      expect(faultOf(await send(lab.ports.apache, bytes)), shown(bytes)).to.equal('');
      if (failures().length > 0) throw new Error(`${failures()[0]}\n${shown(bytes)}`);
    }
  });
});
