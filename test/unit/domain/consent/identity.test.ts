import { expect } from 'chai';
import {
  compareMailbox,
  identityOf,
  judgeIdToken,
  nameOf,
} from '../../../../plugin/domain/consent/identity.js';
import { claimsOf } from '../../../../plugin/lib/jwt.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const EXPECTED = {
  clientId: 'client-1',
  issuer: undefined as string | undefined,
  authorizationEndpoint: 'https://idp.example.org/auth',
  nonce: 'nonce-1',
  now: NOW,
};
const CLAIMS = {
  iss: 'https://idp.example.org',
  aud: 'client-1',
  exp: SECONDS + 300,
  nonce: 'nonce-1',
  sub: 'abc',
  preferred_username: 'support@example.org',
};
const judge = (changes: Record<string, unknown> = {}, expected: Partial<typeof EXPECTED> = {}) =>
  judgeIdToken({ ...CLAIMS, ...changes }, { ...EXPECTED, ...expected });

describe('the ID token', () => {
  it('says who agreed', () => {
    expect(judge({ email: 'Support@example.org' })).to.deep.equal({
      kind: 'good',
      identity: {
        subject: 'abc',
        login: 'support@example.org',
        email: 'Support@example.org',
        issuer: 'https://idp.example.org',
      },
    });
  });

  it('may name several audiences, with us as the authorized party', () => {
    expect(judge({ aud: ['other', 'client-1'], azp: 'client-1' }).kind).to.equal('good');
  });

  for (const [what, changes, expected, verdict] of [
    ['another app', { aud: 'other' }, {}, { kind: 'forged', claim: 'aud' }],
    ['another party', { aud: ['client-1', 'x'], azp: 'x' }, {}, { kind: 'forged', claim: 'aud' }],
    ['another request', { nonce: 'other' }, {}, { kind: 'forged', claim: 'nonce' }],
    [
      'another issuer than configured',
      {},
      { issuer: 'https://other.example' },
      { kind: 'forged', claim: 'iss' },
    ],
    ['an issuer at another origin', { iss: 'https://x.example' }, {}, { kind: 'useless', claim: 'iss' }],
    ['no nonce', { nonce: undefined }, {}, { kind: 'useless', claim: 'nonce' }],
    ['its end', { exp: SECONDS - 121 }, {}, { kind: 'useless', claim: 'exp' }],
    ['no end', { exp: undefined }, {}, { kind: 'useless', claim: 'exp' }],
    ['no subject', { sub: '' }, {}, { kind: 'useless', claim: 'sub' }],
    ['no audience', { aud: undefined }, {}, { kind: 'useless', claim: 'aud' }],
  ] as const)
    it(`for ${what} is ${verdict.kind}`, () => expect(judge(changes, expected)).to.deep.equal(verdict));

  it('allows clocks to differ by two minutes', () =>
    expect(judge({ exp: SECONDS - 119 }).kind).to.equal('good'));

  it('is compared with the configured issuer, wherever that came from', () => {
    expect(judge({ iss: 'https://x.example/a' }, { issuer: 'https://x.example/a' }).kind).to.equal('good');
    expect(judge({ iss: 'https://x.example/a/' }, { issuer: 'https://x.example/a' }).kind).to.equal('forged');
  });

  it('may name Google as its issuer without a scheme', () => {
    const verdict = judge(
      { iss: 'accounts.google.com' },
      { authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth' },
    );
    expect(verdict.kind).to.equal('good');
  });

  it('is read only where there is a valid one', () => {
    const text = Buffer.from(JSON.stringify({ sub: 'ü' })).toString('base64url');
    expect(claimsOf(`h.${text}.s`)).to.deep.equal({ sub: 'ü' });
    for (const bad of [
      undefined,
      5,
      '',
      'a.b',
      'a.b.c.d',
      `h.${Buffer.from('[1]').toString('base64url')}.s`,
      'h.!!.s',
    ])
      expect(claimsOf(bad)).to.equal(null);
    expect(judgeIdToken(null, EXPECTED)).to.deep.equal({ kind: 'useless', claim: 'format' });
  });
});

describe('the person who agreed', () => {
  const identity = (claims: Record<string, unknown>) => {
    const found = identityOf({ sub: '0815', ...claims }, 'i');
    if (!found) throw new Error('nobody');
    return found;
  };

  it('is shown by the name that an admin knows', () => {
    expect(nameOf(identity({ preferred_username: 'a', email: 'b' }))).to.equal('a');
    expect(nameOf(identity({ upn: 'u@x.org' }))).to.equal('u@x.org');
    expect(nameOf(identity({ email: 'b@x.org' }))).to.equal('b@x.org');
    expect(nameOf(identity({}))).to.equal('0815');
  });

  it('is shown in one line of limited length', () => {
    expect(identity({ preferred_username: 'a\u202eb\nc' }).login).to.equal('a b c');
    expect(identity({ preferred_username: 'x'.repeat(251) }).login).to.equal(null);
  });

  it('is compared with the log-in of a mailbox, ignoring case', () => {
    const owner = identity({ preferred_username: 'Support@Example.org', email: 'helpdesk@example.org' });
    expect(compareMailbox(owner, 'support@example.ORG ')).to.equal('same');
    expect(compareMailbox(owner, 'HELPDESK@example.org')).to.equal('same');
    expect(compareMailbox(owner, 'sales@example.org')).to.equal('other');
    expect(compareMailbox(identity({}), 'sales@example.org')).to.equal('unknown');
    expect(compareMailbox(identity({ sub: 'sales@example.org' }), 'sales@example.org')).to.equal('same');
  });
});
