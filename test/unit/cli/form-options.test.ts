import { expect } from 'chai';
import { UsageError } from '../../../plugin/cli/command.js';
import { faultsByOption, fillForm, formOptions } from '../../../plugin/cli/form-options.js';
import { readSecret } from '../../../plugin/cli/read-secret.js';
import { FORM_FIELDS } from '../../../plugin/domain/configuration/form-fields.js';
import type { TokenConfigDocument } from '../../../plugin/domain/configuration/token-config.js';
import { formOf } from '../../../plugin/domain/configuration/token-config-form.js';
import { validateForm } from '../../../plugin/domain/configuration/validate-form.js';

const MICROSOFT = 'https://login.microsoftonline.com';
const document: TokenConfigDocument = {
  Scope: 'openid',
  Requests: {
    AuthorizationCode: {
      Request: { URL: `${MICROSOFT}/common/oauth2/v2.0/authorize`, Parameters: { prompt: 'login', hd: 'a' } },
    },
    TokenByAuthorizationCode: { Request: { URL: `${MICROSOFT}/common/oauth2/v2.0/token` } },
    TokenByRefreshToken: { Request: { URL: `${MICROSOFT}/common/oauth2/v2.0/token` } },
  },
};
const filled = (options: Record<string, string>, parameters: string[] = []) =>
  fillForm(formOf(document, { name: 'Support' }), document, {
    text: (option) => options[option],
    texts: () => parameters,
  });

describe('the options of a configuration', () => {
  it('are one for each field that a person enters, and the secret is a file', () => {
    const names = Object.keys(formOptions());
    const entered = FORM_FIELDS.filter(
      ({ name, kind }) => name !== 'Name' && !['hidden', 'shown', 'copied', 'permissions'].includes(kind),
    );
    expect(names).to.have.length(entered.length);
    expect(names).to.include.members([
      'tenant',
      'client-id',
      'client-secret-file',
      'client-secret-expires',
      'validity',
      'scope',
      'notify-on-expired-refresh-token',
      'token-by-refresh-token-url',
      'pkce',
      'user-info-url',
      'parameter',
    ]);
    expect(formOptions()['client-secret-file']?.value).to.equal('FILE');
    expect(formOptions().validity?.choices).to.deep.equal(['valid', 'invalid', 'invalid-temporarily']);
  });

  it('fill in the form by the kind of the field', () => {
    const form = filled({
      'client-id': ' mail ',
      scope: 'b  a b',
      validity: 'invalid-temporarily',
      pkce: 'no',
      'notify-on-expired-token': 'yes',
    });
    expect(form).to.include({
      ClientID: 'mail',
      Scope: 'b a',
      ValidID: 3,
      PKCE: false,
      NotifyOnExpiredToken: true,
    });
    expect(form).to.include({ Name: 'Support', RequireIssuer: false });
  });

  it('move the endpoints to the tenant, except one that is given itself', () => {
    const form = filled({ tenant: 'example.com', 'token-by-refresh-token-url': 'https://proxy.test/token' });
    expect(form.AuthorizationCodeRequestURL).to.equal(`${MICROSOFT}/example.com/oauth2/v2.0/authorize`);
    expect(form.TokenByRefreshTokenRequestURL).to.equal('https://proxy.test/token');
  });

  it('set, add and remove parameters of the requests', () => {
    const { rows } = filled({}, [
      'AuthorizationCodeFixed:prompt=consent=1',
      'AuthorizationCodeFixed:hd',
      'TokenByRefreshTokenFixed:resource=mail',
    ]);
    expect(rows.AuthorizationCodeFixed).to.deep.equal([{ name: 'prompt', value: 'consent=1' }]);
    expect(rows.TokenByRefreshTokenFixed).to.deep.equal([{ name: 'resource', value: 'mail' }]);
    for (const wrong of ['Nonsense:a=b', 'AuthorizationCodeFixed', 'AuthorizationCodeFixed:=b'])
      expect(() => filled({}, [wrong]), wrong).to.throw(UsageError, 'SECTION:NAME=VALUE');
  });

  it('are refused where the configuration has no such field', () => {
    expect(() => filled({ 'token-by-client-credentials-url': 'https://x.test/' })).to.throw(
      UsageError,
      '--token-by-client-credentials-url does not apply',
    );
  });

  it("name themselves in the form's faults", () => {
    const form = filled({ 'client-id': 'mail', issuer: 'nowhere' }, ['AuthorizationCodeFixed:state=x']);
    const faults = validateForm(form, { document, stored: false, now: new Date('2026-11-24') });
    expect(Object.keys(faultsByOption(faults, form.rows))).to.have.members([
      '--client-id',
      '--client-secret-file',
      '--issuer',
      '--parameter AuthorizationCodeFixed:state',
    ]);
    expect(faultsByOption({ Name: 'x' }, {})).to.deep.equal({ Name: 'x' });
  });
});

describe('a secret on standard input', () => {
  const input = (...chunks: string[]) =>
    Object.assign(
      (async function* () {
        for (const chunk of chunks) yield chunk;
      })(),
      { isTTY: false },
    );

  it('is read to its end without the line end', async () => {
    expect(await readSecret(undefined, 'f', input(' se', 'cret\n'))).to.equal('secret');
    expect(await readSecret('-', 'f', input('secret'))).to.equal('secret');
  });

  it('is not read from a terminal, without end, or from a file that cannot be read', async () => {
    const fault = (work: Promise<unknown>) =>
      work.then(
        () => '',
        (error) => String(error.message),
      );
    expect(await fault(readSecret(undefined, 'f', Object.assign(input('x'), { isTTY: true })))).to.contain(
      '--f FILE',
    );
    expect(await fault(readSecret(undefined, 'f', input('x'.repeat(65_537))))).to.contain('64 KiB');
    expect(await fault(readSecret('/nowhere/secret', 'f'))).to.equal(
      '/nowhere/secret cannot be read (ENOENT).',
    );
  });
});
