import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { databaseRows, lab, type Session, session, znunyOauth2 } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const deep = (levels: number) => `${'{"a":['.repeat(levels)}"x"${']}'.repeat(levels)}`;
const wrong = (value: string) =>
  `{"ClientID":${value},"ClientSecret":${value},"Scope":${value},"TemplateName":${value},"AuthFlow":${value},"Notifications":${value},"Sidecar":${value},"Requests":${value}}`;
const inside = (value: string) =>
  `{"ClientID":"c","Sidecar":{"PKCE":${value},"Issuer":${value},"ClientSecretExpires":${value},"UserInfoURL":${value},"RevocationURL":${value}},"Notifications":{"NotifyOnExpiredToken":${value}},"Requests":{"AuthorizationCode":${value},"TokenByAuthorizationCode":{"Request":${value},"Response":${value}},"TokenByRefreshToken":{"Request":{"URL":${value},"Parameters":${value},"AutofilledParametersMapping":${value}},"Response":{"ParametersMapping":${value}}}}}`;
/** Of a service account, whose requests lead nowhere, and of a client with certificates. */
const keys = (value: string) =>
  `{"AuthFlow":"ClientCredentials","ClientID":${value},"Scope":${value},"Sidecar":{"Mailbox":${value},"ServiceAccount":{"Account":${value},"KeyID":${value},"Key":${value}},"Certificates":[${value},{"Thumbprint":${value},"Expires":${value}}]},"Requests":{"TokenByClientCredentials":{"Request":{"URL":"http://127.0.0.1:1/","Parameters":{"grant_type":"urn:ietf:params:oauth:grant-type:jwt-bearer"}}}}}`;
const VALUES = [
  'null',
  '0',
  'true',
  '"x"',
  '[]',
  '[[["x"]]]',
  '{}',
  '{"toString":1,"valueOf":null}',
  '{"__proto__":{"x":1}}',
  deep(1500),
];

/** Everything that the column may hold, whichever program wrote it. */
const DOCUMENTS = [
  '',
  'no JSON',
  '[]',
  '"text"',
  'null',
  '{"a":',
  '{"__proto__":{"ClientID":"x"},"constructor":1,"toString":2}',
  '{"ClientID":"\\ud83d","Scope":"\\u0000\\u2028"}',
  `{"ClientID":"${'x'.repeat(300_000)}","Scope":"${'s '.repeat(30_000)}"}`,
  deep(100_000),
  ...VALUES.map(wrong),
  ...VALUES.map(inside),
  ...VALUES.map((value) => inside(`{"client_id":${value}}`)),
  ...['null', '"x"', '[[["x"]]]', '{"toString":1,"valueOf":null}'].map(keys),
  ...['null', '[]'].map((value) =>
    keys('"x"').replace(/"ServiceAccount":\{[^}]*\}/, `"ServiceAccount":${value}`),
  ),
];

describe('stored documents of any shape', function () {
  this.timeout(10 * 60_000);
  let admin: Session;
  const ids: string[] = [];

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    for (const [at, document] of DOCUMENTS.entries()) {
      const hex = Buffer.from(document).toString('hex');
      await databaseRows(
        `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
         VALUES ('Odd ${at}', ${hex === '' ? "''" : `x'${hex}'`}, 2, NOW(), 1, NOW(), 1)`,
      );
      ids.push(
        (await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = 'Odd ${at}'`))[0]?.[0] ?? '',
      );
    }
  });
  after(async () => {
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id IN (${ids.join()})`);
    await databaseRows("DELETE FROM oauth2_token_config WHERE name LIKE 'Odd %'");
  });

  const statusOf = async (query: string) => (await admin.get(`${SCREEN};${query}`)).status;

  it('are all shown in the overview and the notification bar', async () => {
    for (const page of [1, 2, 3])
      for (const sort of ['name', 'urgency'])
        expect(await statusOf(`Sort=${sort};Page=${page};Search=Odd`)).to.equal(200);
    expect(await statusOf('Subaction=Bar')).to.be.oneOf([200, 204]);
  });

  for (const [at, document] of DOCUMENTS.entries())
    it(`can be shown and exported: ${document.slice(0, 60) || 'nothing'}${document.length > 60 ? '…' : ''} (${at})`, async () => {
      const id = ids[at];
      for (const subaction of [
        'EditTokenConfig',
        'DeleteTokenConfig',
        'History',
        'TestMailbox',
        'NextSteps',
        'Export',
      ])
        expect(await statusOf(`Subaction=${subaction};ID=${id}`), subaction).to.equal(200);
      for (const secrets of ['0', '1'])
        expect(await statusOf(`Subaction=ExportTokenConfigurations;Secrets=${secrets};ID=${id}`)).to.equal(
          200,
        );
      for (const subaction of [
        'RequestToken',
        'RefreshToken',
        'AddMissing',
        'SaveTokenConfig',
        'ImportServiceAccountKey',
        'TestMailbox',
      ]) {
        const answer = await admin.post(`${SCREEN};Subaction=${subaction}`, {
          ID: String(id),
          Mailbox: '1',
          Type: 'IMAP',
          Host: '127.0.0.1:1',
          Login: 'x',
        });
        expect(answer.status, subaction).to.not.equal(500);
      }
      const copy = await admin.post(`${SCREEN};Subaction=CopyTokenConfig`, { ID: String(id) });
      expect(copy.status, 'copy').to.not.equal(500);
      const made = /ID=(\d+)/.exec(copy.headers.get('location') ?? '')?.[1];
      if (made) ids.push(made);
    });

  it('can all be exported at once, with and without secrets', async () => {
    expect(await statusOf('Subaction=ExportTokenConfigurations')).to.equal(200);
    expect(await statusOf('Subaction=ExportTokenConfigurations;Secrets=0')).to.equal(200);
  });

  it('can be listed, shown and exported by the command line', async () => {
    const calls = [
      ['config', 'list'],
      ['config', 'list', '--json'],
      ['config', 'export'],
      ['token', 'list'],
      ['mailbox', 'list'],
      ['certificate', 'list'],
    ];
    const odd = [0, 2, 6, 9, 17, 19, 27, 29, 38, 41, 45].flatMap((at) => [
      ['config', 'show', ids[at] ?? ''],
      ['config', 'show', ids[at] ?? '', '--json', '--with-secrets'],
    ]);
    for (const words of [...calls, ...odd]) {
      const { code, err } = await znunyOauth2(words);
      expect(
        [code, err.includes('internal') || /^\s+at /m.test(err)],
        `${words.join(' ')}: ${err}`,
      ).to.deep.equal([0, false]);
    }
    const { code, err } = await znunyOauth2(['service-account', 'list']);
    expect([code, err], 'their keys are missing').to.deep.equal([4, '']);
    expect(lab.home).to.not.equal('');
  });
});
