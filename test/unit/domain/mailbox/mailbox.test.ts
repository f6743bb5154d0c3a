import { expect } from 'chai';
import { readClaims } from '../../../../plugin/domain/consent/token-claims.js';
import { addSplitHost } from '../../../../plugin/domain/helpdesk/split-hosts.js';
import { explainCertificate, explainMailbox } from '../../../../plugin/domain/mailbox/explain-mailbox.js';
import { hostKind, type RefusalFacts } from '../../../../plugin/domain/mailbox/explain-refusal.js';
import {
  type MailboxReport,
  type MailFaultCode,
  splitAddress,
} from '../../../../plugin/domain/mailbox/mailbox.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';

const NOW = new Date('2026-11-24T12:00:00Z');

/** An unsigned JSON web token that looks like Microsoft's. */
const jwt = (claims: object) =>
  ['{"alg":"none"}', JSON.stringify(claims), 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

const report = (changes: Partial<MailboxReport> = {}): MailboxReport => ({
  steps: [],
  transcript: [],
  certificate: null,
  offersXoauth2: true,
  fault: { code: 'token-refused', step: 'sign-in', said: 'AUTHENTICATE failed.' },
  challenge: null,
  ...changes,
});

const OWNER = { subject: '1234567890', login: null, email: null, issuer: 'https://accounts.google.com' };

const facts = (changes: Partial<RefusalFacts> = {}, address = 'outlook.office365.com'): RefusalFacts => ({
  mailbox: { type: 'IMAPTLS', address, login: 'support@example.com', folder: '' },
  scope: 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
  claims: null,
  identity: null,
  app: null,
  expiresAt: new Date('2026-11-24T13:00:00Z'),
  now: NOW,
  ...changes,
});

/** A token that Microsoft issued to the app itself. */
function ofApp(claims: object): RefusalFacts {
  const objectId = '9f8e7d6c-1111-2222-3333-444455556666';
  return facts({
    claims: readClaims(jwt({ aud: 'https://outlook.office.com', oid: objectId, ...claims })),
    app: { clientId: '1b2c3d4e-1111-2222-3333-444455556666', objectId },
  });
}

const explain = (of: MailboxReport, about: RefusalFacts) => explainMailbox(of, about).map(inEnglish);

describe('addresses of mail servers', () => {
  it('have a host, and the usual port of their type or a port of their own', () => {
    expect(splitAddress('mail.example.com', 'IMAPS')).to.deep.equal({ host: 'mail.example.com', port: 993 });
    expect(splitAddress('mail.example.com', 'POP3TLS')).to.deep.equal({
      host: 'mail.example.com',
      port: 110,
    });
    expect(splitAddress(' 127.0.0.1:10143 ', 'IMAP')).to.deep.equal({ host: '127.0.0.1', port: 10143 });
    expect(splitAddress('[2001:db8::1]:25', 'SMTP')).to.deep.equal({ host: '2001:db8::1', port: 25 });
  });
  it('exclude everything else', () => {
    for (const address of [
      '',
      'a b',
      'host:0',
      'host:65536',
      'host:99999999',
      'user@host',
      'http://host',
      '-x.y',
      'a\r\nb',
      'host/..',
      '::1',
      '`id`',
    ])
      expect(splitAddress(address, 'IMAP'), address).to.equal(null);
  });
});

describe('what a token says about itself', () => {
  it('is read where the token is a JSON web token', () => {
    const token = jwt({
      aud: 'https://outlook.office.com',
      scp: 'IMAP.AccessAsUser.All SMTP.Send',
      upn: 'a@b.c',
      exp: 1795521600,
    });
    expect(readClaims(token)).to.deep.equal({
      audience: ['https://outlook.office.com'],
      scopes: ['IMAP.AccessAsUser.All', 'SMTP.Send'],
      user: 'a@b.c',
      names: ['a@b.c'],
      roles: [],
      objectId: null,
      isApp: false,
      expiresAt: NOW,
    });
  });
  it('is unknown otherwise', () => {
    for (const token of ['', 'ya29.opaque', 'a.b.c', jwt([]).replace('.', ''), 'x.bnVsbA.y'])
      expect(readClaims(token), token).to.equal(null);
    expect(readClaims(jwt({ aud: 5, scp: { a: 1 }, exp: 'soon' }))).to.deep.equal({
      audience: [],
      scopes: [],
      user: null,
      names: [],
      roles: [],
      objectId: null,
      isApp: false,
      expiresAt: null,
    });
  });
});

describe('the reason why a mailbox does not work', () => {
  const claims = (more: object) =>
    readClaims(
      jwt({
        aud: 'https://outlook.office.com',
        scp: 'IMAP.AccessAsUser.All',
        upn: 'support@example.com',
        ...more,
      }),
    );

  const refusals: [name: string, RefusalFacts, Partial<MailboxReport>, RegExp][] = [
    ['expired', facts({ expiresAt: new Date('2026-11-24T11:00:00Z') }), {}, /^The access token has expired/],
    [
      'expired by its own words',
      facts({ expiresAt: null, claims: claims({ exp: 1 }) }),
      {},
      /^The access token has expired/,
    ],
    [
      'another audience',
      facts({ claims: claims({ aud: '00000003-0000-0000-c000-000000000000' }) }),
      {},
      /^The token is for another audience \(00000003-0000-0000-c000-000000000000\)/,
    ],
    [
      'another audience, Exchange only',
      facts({ claims: claims({ aud: 'api://own' }) }),
      {},
      /another audience \(api:\/\/own\)/,
    ],
    ...(
      [
        ['outlook.office365.us', 'https://outlook.office365.us/'],
        ['outlook-dod.office365.us', 'https://outlook-dod.office365.us/'],
        ['partner.outlook.cn:993', 'https://partner.outlook.cn/'],
        ['outlook.office365.com', 'https://outlook.office.com/'],
      ] as const
    ).flatMap(([host, resource]): (typeof refusals)[number][] => [
      [
        `another audience at ${host}`,
        facts({ claims: claims({ aud: 'api://own' }) }, host),
        {},
        new RegExp(`scopes that begin with ${resource} `),
      ],
      [
        `no scope at ${host}`,
        facts({ scope: 'openid' }, host),
        {},
        new RegExp(`lacks the scope ${resource}IMAP\\.AccessAsUser\\.All`),
      ],
    ]),
    [
      'Graph is no good anywhere',
      facts({ claims: claims({ aud: 'https://graph.microsoft.com' }) }, 'mail.example.org'),
      {},
      /another audience/,
    ],
    [
      'scope missing in the token',
      facts({ claims: claims({ scp: 'SMTP.Send' }) }),
      {},
      /^The token lacks the scope https:\/\/outlook\.office\.com\/IMAP\.AccessAsUser\.All\./,
    ],
    [
      'scope missing in the configuration',
      facts({ scope: 'openid' }),
      {},
      /^The token lacks the scope https:\/\/outlook/,
    ],
    [
      'scope missing at Google',
      facts({ scope: 'openid' }, 'imap.gmail.com:993'),
      {},
      /^The token lacks the scope https:\/\/mail\.google\.com\//,
    ],
    [
      'another user',
      facts({ claims: claims({ upn: 'boss@example.com' }) }),
      {},
      /^The token belongs to boss@example\.com, the mailbox is support@example\.com\./,
    ],
    [
      'another user, of whom only the provider told',
      facts(
        { scope: 'https://mail.google.com/', identity: { ...OWNER, email: 'boss@example.com' } },
        'imap.gmail.com',
      ),
      {},
      /^The token belongs to boss@example\.com, the mailbox is support@example\.com\./,
    ],
    [
      'the owner, under another name than the mailbox',
      facts(
        { scope: 'https://mail.google.com/', identity: { ...OWNER, email: 'Support@example.com' } },
        'imap.gmail.com',
      ),
      {},
      /^The server refused the token\./,
    ],
    [
      'SMTP AUTH off in the tenant',
      facts(),
      {
        fault: {
          code: 'token-refused',
          step: 'sign-in',
          said: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled',
        },
      },
      /^SMTP AUTH is disabled in the tenant\..*Set-CASMailbox -Identity MAILBOX -SmtpClientAuthenticationDisabled \$false$/,
    ],
    [
      'SMTP AUTH off for the mailbox',
      facts(),
      {
        fault: {
          code: 'token-refused',
          step: 'sign-in',
          said: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
        },
      },
      /^SMTP AUTH is disabled for this mailbox/,
    ],
    [
      'IMAP off at Google',
      facts({ scope: 'https://mail.google.com/' }, 'imap.gmail.com'),
      {
        fault: {
          code: 'token-refused',
          step: 'sign-in',
          said: '[ALERT] IMAP access is disabled for your domain.',
        },
      },
      /^IMAP or POP is switched off/,
    ],
    [
      'the mailbox does not open at Exchange',
      facts(),
      { fault: { code: 'folder-refused', step: 'folder', said: 'User is authenticated but not connected.' } },
      /^The token is valid, but the mailbox cannot be opened/,
    ],
    [
      'challenge 401',
      facts({}, 'mail.example.org'),
      { challenge: '{"status":"401","schemes":"bearer"}' },
      /^The server does not accept the token/,
    ],
    [
      'challenge 400',
      facts({}, 'mail.example.org'),
      { challenge: '{"status":"400"}' },
      /^The server does not accept the token/,
    ],
    [
      'challenge of RFC 7628',
      facts({}, 'mail.example.org'),
      { challenge: '{"status":"insufficient_scope"}' },
      /^The token lacks a scope/,
    ],
    ['no reason given by Microsoft', facts(), {}, /^Microsoft does not say why/],
    [
      'no reason given by anybody',
      facts({}, 'mail.example.org'),
      { challenge: 'nonsense' },
      /^The server refused the token/,
    ],
    [
      'the other form',
      facts(),
      { fault: { code: 'other-form', step: 'sign-in', said: '' } },
      /^The server accepts the token only in the other form/,
    ],
    [
      'XOAUTH2 unknown',
      facts({}, 'mail.example.org'),
      { offersXoauth2: false },
      /^The server does not list XOAUTH2/,
    ],
  ];
  for (const [name, about, of, expected] of refusals)
    it(`is told from a refusal: ${name}`, () => {
      expect(explain(report(of), about)[0]).to.match(expected);
    });

  /** A fault, and the one cause that is shown before the server's own text. */
  const alone: [name: string, RefusalFacts, Partial<MailboxReport>, cause: RegExp][] = [
    [
      'a passing fault at Exchange, although the token belongs to somebody else',
      facts({ claims: claims({ upn: 'boss@example.com' }) }),
      { fault: { code: 'token-refused', step: 'sign-in', said: '[UNAVAILABLE] Server Unavailable. 15' } },
      /^The server has a temporary problem\. No change is needed/,
    ],
    [
      'an SMTP reply that begins with 4',
      facts({
        scope: 'https://outlook.office.com/SMTP.Send',
        mailbox: { type: 'SMTPTLS', address: 'smtp.office365.com', login: 'a@b.c', folder: '' },
      }),
      { fault: { code: 'token-refused', step: 'sign-in', said: '451 4.7.0 Not now' } },
      /^The server has a temporary problem/,
    ],
    [
      'a server that limits sign-ins',
      facts(),
      { fault: { code: 'turned-away', step: 'greeting', said: 'Too many simultaneous connections.' } },
      /^The server is busy or limits sign-ins/,
    ],
    [
      'the limit of the day at Google',
      facts({ scope: 'https://mail.google.com/' }, 'imap.gmail.com'),
      {
        fault: {
          code: 'token-refused',
          step: 'sign-in',
          said: '[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)',
        },
      },
      /^The mailbox has reached its daily limit\./,
    ],
    [
      'a full mailbox',
      facts({}, 'mail.example.org'),
      { fault: { code: 'folder-refused', step: 'folder', said: '[OVERQUOTA] Quota exceeded' } },
      /^The mailbox is full\./,
    ],
    [
      'a session that Exchange ends with the token',
      facts(),
      { fault: { code: 'turned-away', step: 'folder', said: 'Session invalidated - AccessTokenExpired' } },
      /^The access token has expired\./,
    ],
    [
      'a sign-in with a browser that Google asks for',
      facts({ scope: 'https://mail.google.com/' }, 'imap.gmail.com'),
      {
        fault: {
          code: 'token-refused',
          step: 'sign-in',
          said: '[ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)',
        },
      },
      /^The provider requires the owner to sign in with a browser once\./,
    ],
    [
      'a blocked account',
      facts({}, 'mail.example.org'),
      { fault: { code: 'token-refused', step: 'sign-in', said: 'Your account has been blocked.' } },
      /^The account is blocked\./,
    ],
    [
      'a token that is too long for one line of POP3',
      facts({ mailbox: { type: 'POP3S', address: 'pop.example.org', login: 'a@b.c', folder: '' } }),
      { fault: { code: 'token-refused', step: 'sign-in', said: 'Protocol error. Connection is closed. 10' } },
      /^The server does not accept a token of this length on one line\./,
    ],
    [
      'a token of the app itself, which tells the object ID of its enterprise application',
      ofApp({ roles: ['IMAP.AccessAsApp'] }),
      {},
      /^The token is for the app itself\. Exchange must know the app by the object ID of its enterprise application, 9f8e7d6c-1111-2222-3333-444455556666, and this app needs access to support@example\.com\. .* the one of the app registration was entered/,
    ],
    [
      'a token of the app itself that is not readable',
      { ...ofApp({}), claims: null, app: { clientId: 'app', objectId: null } },
      {},
      /^The token is for the app itself\. .* enterprise application \(not of the app registration\)/,
    ],
    [
      'a token of the app without the permission, never a delegated scope',
      ofApp({ idtyp: 'app', roles: ['SMTP.SendAsApp'] }),
      {},
      /^The token lacks the application permission IMAP\.AccessAsApp\. .*grant admin consent, then renew the token\.$/,
    ],
    [
      'a mailbox that the app may not open',
      ofApp({ roles: ['IMAP.AccessAsApp'] }),
      { fault: { code: 'folder-refused', step: 'folder', said: 'User is authenticated but not connected.' } },
      /^The token is valid, but the app cannot open support@example\.com: it has no right/,
    ],
    [
      'a challenge to a token of the app, elsewhere',
      { ...ofApp({ roles: ['mail'] }), mailbox: facts({}, 'mail.example.org').mailbox },
      { challenge: '{"status":"insufficient_scope"}' },
      /^The server does not accept the app's token: .*then renew the token\.$/,
    ],
    [
      'a mailbox that does not open, which is no wrong folder',
      facts({ claims: claims({ upn: 'boss@example.com' }) }),
      { fault: { code: 'folder-refused', step: 'folder', said: 'User is authenticated but not connected.' } },
      /^The token is valid, but the mailbox cannot be opened/,
    ],
    [
      'a folder whose name has letters outside ASCII',
      facts({
        mailbox: { type: 'IMAPS', address: 'mail.example.org', login: 'a@b.c', folder: 'Entwürfe & 日本' },
      }),
      { fault: { code: 'folder-refused', step: 'folder', said: '[NONEXISTENT] Mailbox does not exist' } },
      / enter the IMAP folder in the mail account as Entw&APw-rfe &- &ZeVnLA-$/,
    ],
    [
      'words that Exchange adds to a refusal',
      facts(),
      {
        fault: {
          code: 'token-refused',
          step: 'sign-in',
          said: '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria',
        },
      },
      /^The server refused the token\./,
    ],
  ];
  for (const [name, about, of, cause] of alone)
    it(`is one cause with one remedy: ${name}`, () => {
      const [first, ...more] = explain(report(of), about);
      expect(first).to.match(cause);
      expect(more.filter((line) => !line.startsWith('The server said: '))).to.deep.equal([]);
    });

  it('is the token where it cannot work, even though the server calls that temporary', () => {
    const about = facts({ claims: claims({ aud: 'https://graph.microsoft.com', upn: 'boss@example.com' }) });
    const fault = {
      code: 'token-refused',
      step: 'sign-in',
      said: '[UNAVAILABLE] Temporary failure',
    } as const;
    const [first, ...more] = explain(report({ fault }), about);
    expect(first).to.match(/^The token is for another audience/);
    expect(more).to.deep.equal(['The server said: [UNAVAILABLE] Temporary failure']);
  });

  it('is not the owner of the token where the sign-in name is that of the mailbox', () => {
    const shared = facts({
      mailbox: {
        type: 'IMAPS',
        address: 'outlook.office365.com',
        login: 'Boss@example.com\\support@example.com',
        folder: '',
      },
      claims: claims({ upn: 'boss@example.com' }),
    });
    const renamed = facts({ claims: claims({ upn: 's.desk@example.com', email: 'support@example.com' }) });
    const told = facts({
      claims: claims({ upn: 's.desk@example.com' }),
      identity: { ...OWNER, login: 's.desk@example.com', email: 'Support@example.com' },
    });
    for (const about of [shared, renamed, told])
      expect(explain(report(), about)[0]).to.match(/^Microsoft does not say why/);
    const domain = facts({
      mailbox: { ...shared.mailbox, login: 'EXAMPLE\\support' },
      claims: claims({ upn: 'boss@example.com' }),
    });
    expect(explain(report(), domain)[0]).to.match(/^The token belongs to boss@example\.com/);
  });

  it("ends with the server's own words", () => {
    expect(explain(report(), facts()).at(-1)).to.equal('The server said: AUTHENTICATE failed.');
  });

  it('never calls a scope of the app registration missing', () => {
    const about = facts({ scope: 'https://outlook.office365.com/.default' });
    expect(explain(report(), about)[0]).to.match(/^Microsoft does not say why/);
  });

  it('is put into words for every fault; without a fault all is well', () => {
    const codes: MailFaultCode[] = [
      'host-unknown',
      'connection-refused',
      'unreachable',
      'timeout',
      'closed',
      'other-protocol',
      'tls-failed',
      'unprotected',
      'starttls-refused',
      'turned-away',
      'folder-refused',
      'too-much',
      'not-understood',
    ];
    for (const code of codes) {
      const [first = ''] = explain(report({ fault: { code, step: 'greeting', said: '' } }), facts());
      expect(first, code).to.have.length.greaterThan(20).and.not.equal('The test failed.');
    }
    expect(explain(report({ fault: null }), facts())).to.deep.equal([]);
  });

  it('may be missing encryption where a server stays silent', () => {
    const fault = { code: 'timeout', step: 'greeting', said: '' } as const;
    expect(explain(report({ fault }), facts()).at(-1)).to.contain('Try type IMAPS');
  });

  it('may be an untrusted certificate, even though the helpdesk accepts it', () => {
    const certificate = {
      subject: 'a',
      names: [],
      issuer: 'a',
      validTo: NOW,
      faults: ['CERT_HAS_EXPIRED', 'SOMETHING_NEW'],
    };
    expect(explain(report({ fault: null, certificate }), facts())).to.deep.equal([
      'The certificate has expired.',
      'The certificate could not be verified.',
      'The helpdesk does not check certificates, so it signs in anyway; but anyone who can intercept the connection can read the token.',
    ]);
    expect(explainCertificate([])).to.deep.equal([]);
  });

  it('distinguishes the hosts of Microsoft and Google from others with similar names', () => {
    expect(hostKind('outlook.office365.com:993')).to.equal('microsoft');
    for (const host of ['outlook.office365.us', 'outlook-dod.office365.us', 'partner.outlook.cn'])
      expect(hostKind(host)).to.equal('microsoft');
    expect(hostKind('IMAP.gmail.com')).to.equal('google');
    expect(hostKind('office365.com.example.org')).to.equal('other');
    expect(hostKind('notgmail.com')).to.equal('other');
  });
});

describe('the list of POP3 hosts that expect two lines', () => {
  it('gains or loses a host by a console command', () => {
    const { command } = addSplitHost(['outlook.office365.com'], 'pop.example.com:995', 'otrs');
    expect(command).to.contain("- 'outlook.office365.com'\n- 'pop.example.com:995'\nEND\n");
    expect(addSplitHost(['Pop.example.com', 'b'], 'pop.example.com', 'znuny').command).to.contain(
      "---\n- 'b'\nEND\nbin/znuny.Console.pl Admin::Config::Update --setting-name MailAccount::POP3",
    );
  });
  it('is written to no file whose name others know', () => {
    const { command } = addSplitHost([], 'pop.example.com', 'otrs');
    expect(command).to.match(/^hosts=\$\(mktemp\)\ncat > "\$hosts" <<'END'\n/);
    expect(command).to.match(/ --source-path "\$hosts"$/);
    expect(command).not.to.contain('/tmp');
  });
  it('keeps hostile host names inside their quotes', () => {
    const { command } = addSplitHost(["it's\nEND\nrm -rf /"], 'a', 'otrs');
    expect(command).to.contain("- 'it''s END rm -rf /'\n- 'a'\nEND\n");
  });
});
