import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { logFile } from '../lab/servers.js';
import { clientCredentials } from '../support/client-credentials.js';
import { removeConfigs } from '../support/granted-config.js';
import {
  console,
  databaseRows,
  deliverMail,
  itWithTokens,
  lab,
  mailAccount,
  perl,
  provider,
  type Session,
  session,
  znunyOauth2,
} from '../support/lab.js';
import { isActive } from '../support/stored-token.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAME = 'By certificate';
const STATE = `${lab.dir}/state/sidecar`;
const { app } = CREDENTIALS;

interface Made {
  thumbprint: string;
  certificate: string;
}

describe('an app that signs in with a certificate, on the genuine helpdesk', () => {
  let admin: Session;
  let id: number;
  let first: Made;
  let second: Made;

  const run = (...args: string[]) => znunyOauth2(args, '', { SIDECAR_STATE: STATE });
  const create = async (): Promise<Made> => {
    const { code, out, err } = await run('certificate', 'create', NAME, '--any-provider', '--json');
    expect(code, err).to.equal(0);
    expect(out + err).to.not.contain('PRIVATE KEY');
    return JSON.parse(out) as Made;
  };
  /** What an admin does in the Entra admin centre. */
  const upload = (...made: Made[]) =>
    provider.register({
      client_id: app.id,
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      jwks: {
        keys: made.map(({ certificate }) =>
          new X509Certificate(certificate).publicKey.export({ format: 'jwk' }),
        ),
      },
    });
  const token = async () =>
    (
      await databaseRows(`SELECT IFNULL(token, '') FROM oauth2_token WHERE token_config_id = ${id}`)
    )[0]?.[0] ?? '';
  const listed = async () => {
    const { out } = await run('certificate', 'list', NAME, '--json');
    return (JSON.parse(out) as (Made & { key: string })[]).map(({ thumbprint, key }) => [thumbprint, key]);
  };

  before(async () => {
    await removeConfigs([NAME]);
    await provider.reset();
    admin = await session(CREDENTIALS.admin);
    const config = {
      ...clientCredentials(`${lab.urls.provider}/token`),
      ClientID: app.id,
      ClientSecret: '',
      Scope: 'https://outlook.office.com/IMAP.AccessAsUser.All',
    };
    id = Number(
      await perl(`my $Config = $Kernel::OM->Get('Kernel::System::JSON')->Decode( Data => '${JSON.stringify(config)}' );
        print $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataAdd(
          Name => '${NAME}', Config => $Config, ValidID => 2, CreateBy => 1, ChangeBy => 1, UserID => 1 );`),
    );
  });
  after(async () => {
    for (const { thumbprint } of [first, second].filter(Boolean))
      await run('certificate', 'remove', NAME, thumbprint).catch(() => undefined);
    await removeConfigs([NAME]);
    await provider.reset();
  });

  itWithTokens(
    'gets its token from the renewal service, whose key is in a file of the sidecar alone',
    async () => {
      first = await create();
      const file = path.join(STATE, 'certificates', `${first.thumbprint}.pem`);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect(await listed()).to.deep.equal([[first.thumbprint, 'usable']]);
      await upload(first);
      await databaseRows(`UPDATE oauth2_token_config SET valid_id = 1, change_time = NOW() WHERE id = ${id}`);
      await until('the first token', async () => (await token()) !== '', 60_000);
      expect(await isActive(await token())).to.equal(true);
    },
  )?.timeout(240_000);

  itWithTokens(
    'lets the genuine fetcher make tickets of several mailboxes with one configuration',
    async () => {
      for (const login of app.mailboxes) {
        const account = await mailAccount('IMAPS', id, login);
        const subject = `Mail of an app ${login} ${Date.now()}`;
        deliverMail(login, subject);
        await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', String(account));
        const tickets = await databaseRows(`SELECT title FROM ticket WHERE title = '${subject}'`);
        expect(tickets).to.deep.equal([[subject]]);
        const { code, out } = await run('mailbox', 'test', NAME, '--account', String(account));
        expect(code, out).to.equal(0);
      }
    },
  )?.timeout(240_000);

  itWithTokens(
    'changes its certificate without a gap: nothing is removed before the new one was accepted',
    async () => {
      second = await create();
      // Not uploaded yet: the first one goes on working.
      expect((await run('token', 'renew', NAME)).code).to.equal(0);
      const refused = await run('certificate', 'remove', NAME, first.thumbprint);
      expect(refused.code).to.equal(1);
      expect(await listed()).to.deep.equal([
        [second.thumbprint, 'usable'],
        [first.thumbprint, 'usable'],
      ]);
      await upload(first, second);
      const before = await token();
      const removed = await run('certificate', 'remove', NAME, first.thumbprint);
      expect(removed.code, removed.err).to.equal(0);
      expect(await listed()).to.deep.equal([[second.thumbprint, 'usable']]);
      expect(await token()).to.not.equal(before);
      expect(readdirSync(path.join(STATE, 'certificates'))).to.not.include(`${first.thumbprint}.pem`);
      await upload(second);
      expect((await run('token', 'renew', NAME)).code).to.equal(0);
      const last = await run('certificate', 'remove', NAME, second.thumbprint);
      expect(last.code).to.equal(1);
      expect(last.err).to.contain('Nothing would remain with which the app could sign in.');
    },
  )?.timeout(240_000);

  itWithTokens(
    'is shown with its certificate and the limits of the helpdesk; its key is on no page, in no export, database or log',
    async () => {
      const pem = readFileSync(path.join(STATE, 'certificates', `${second.thumbprint}.pem`), 'utf8');
      const [, body = ''] = /BEGIN PRIVATE KEY-----\n([\s\S]*?)-----END/.exec(pem) ?? [];
      const pieces = body.trim().split('\n').slice(1);
      expect(pieces.length).to.be.greaterThan(10);
      const clean = (text: string, what: string) => {
        expect(text.includes('PRIVATE KEY'), what).to.equal(false);
        for (const piece of pieces) expect(text.includes(piece), what).to.equal(false);
      };
      const form = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=${id}`)).text();
      expect(form).to.contain(second.thumbprint).and.contain('the helpdesk itself cannot renew tokens');
      clean(form, 'form');
      for (const query of [
        ';Subaction=NextSteps;ID=',
        ';Subaction=History;ID=',
        ';Subaction=ExportTokenConfigurations;Secrets=1;ID=',
      ])
        clean(await (await admin.get(`${SCREEN}${query}${id}`)).text(), query);
      for (const args of [
        ['config', 'show', NAME, '--json', '--with-secrets'],
        ['config', 'export', NAME, '--with-secrets'],
        ['certificate', 'list', NAME],
      ])
        clean((await run(...args)).out, args.join(' '));
      const rows = await databaseRows(
        "SELECT config FROM oauth2_token_config UNION ALL SELECT CONCAT_WS(' ', token, error_description) FROM oauth2_token",
      );
      clean(rows.flat().join('\n'), 'database');
      for (const name of ['sidecar', 'apache-error']) clean(readFileSync(logFile(lab, name), 'utf8'), name);
      const doctor = await run('doctor', '--only', 'secrets');
      expect(doctor.out).to.contain('Only the sidecar can renew these, with their certificates');
    },
  )?.timeout(240_000);
});
