import { expect } from 'chai';
import {
  applyRows,
  rowsOf,
  validateRows,
  variablesOf,
} from '../../../../plugin/domain/configuration/request-rows.js';
import type { TokenConfigDocument } from '../../../../plugin/domain/configuration/token-config.js';
import { documentOf } from '../../../support/samples.js';

const row = (name: string, value: string) => ({ name, value });

const ODD: TokenConfigDocument = {
  Requests: {
    AuthorizationCode: {
      Request: {
        URL: 'https://a.example/',
        Parameters: { n: 5, odd: { deep: 1 }, none: null },
        Custom: 'kept',
      },
      Response: { ParametersMapping: { code: 'SomethingOfOurs' }, Other: 1 },
      Third: true,
    },
    Own: { x: 1 },
  },
};

describe('the rows of the requests', () => {
  it('show what is stored, section by section', () => {
    const rows = rowsOf(documentOf('google-mail'));
    expect(rows.AuthorizationCodeFixed).to.deep.equal([
      row('response_type', 'code'),
      row('access_type', 'offline'),
      row('prompt', 'consent'),
    ]);
    expect(rows.TokenByRefreshTokenMapped).to.deep.equal([
      row('client_id', 'ClientID'),
      row('client_secret', 'ClientSecret'),
      row('refresh_token', 'RefreshToken'),
      row('scope', 'Scope'),
    ]);
    expect(rows.TokenByAuthorizationCodeAnswer).to.deep.include(row('expires_in', 'TokenExpirationDate'));
  });

  it('turn back into the same document, whatever else it holds', () => {
    expect(applyRows(documentOf(), rowsOf(documentOf()))).to.deep.equal(documentOf().Requests);
    expect(applyRows(ODD, rowsOf(ODD))).to.deep.equal(ODD.Requests);
  });

  it('can be changed, added and removed; a number remains a number, and what no row shows is kept', () => {
    const changed = applyRows(ODD, {
      AuthorizationCodeFixed: [row('n', '5'), row('prompt', 'login'), row('', '')],
    });
    expect(changed?.AuthorizationCode?.Request).to.deep.equal({
      URL: 'https://a.example/',
      Parameters: { n: 5, odd: { deep: 1 }, none: null, prompt: 'login' },
      Custom: 'kept',
    });
    const removed = applyRows(ODD, { AuthorizationCodeFixed: [] });
    expect(removed?.AuthorizationCode?.Request?.Parameters).to.deep.equal({ odd: { deep: 1 }, none: null });
    expect(removed?.AuthorizationCode).to.include({ Third: true });
  });

  it('change nothing that a form did not send', () => {
    expect(applyRows(ODD, {})).to.deep.equal(ODD.Requests);
  });

  it('add no request that did not exist before', () => {
    expect(applyRows(ODD, { TokenByRefreshTokenFixed: [row('', '')] })).to.deep.equal(ODD.Requests);
  });
});

describe('the validation of the rows', () => {
  it('finds no fault in what is stored, however odd', () => {
    expect(validateRows(rowsOf(documentOf()), documentOf())).to.deep.equal({});
    expect(validateRows(rowsOf(ODD), ODD)).to.deep.equal({});
  });

  for (const [what, rows, at] of [
    ['a value without a name', { AuthorizationCodeFixed: [row('', 'x')] }, 'AuthorizationCodeFixedName0'],
    [
      'a name twice',
      { AuthorizationCodeFixed: [row('a', '1'), row('a', '2')] },
      'AuthorizationCodeFixedName1',
    ],
    ['a name that is none', { TokenByRefreshTokenFixed: [row('a b', '1')] }, 'TokenByRefreshTokenFixedName0'],
    ['our own state', { AuthorizationCodeFixed: [row('state', '1')] }, 'AuthorizationCodeFixedName0'],
    [
      'a verifier',
      { TokenByAuthorizationCodeFixed: [row('code_verifier', '1')] },
      'TokenByAuthorizationCodeFixedName0',
    ],
    [
      'an unknown variable',
      { TokenByRefreshTokenMapped: [row('a', 'Password')] },
      'TokenByRefreshTokenMappedValue0',
    ],
    ['no variable', { TokenByRefreshTokenAnswer: [row('a', '')] }, 'TokenByRefreshTokenAnswerValue0'],
    [
      'a secret in the address line',
      { AuthorizationCodeMapped: [row('s', 'ClientSecret')] },
      'AuthorizationCodeMappedValue0',
    ],
    [
      'a long value',
      { AuthorizationCodeFixed: [row('a', 'x'.repeat(2001))] },
      'AuthorizationCodeFixedValue0',
    ],
  ] as const)
    it(`marks ${what}`, () => {
      const given = Object.fromEntries(Object.entries(rows).map(([key, value]) => [key, [...value]]));
      expect(Object.keys(validateRows(given, documentOf()))).to.deep.equal([at]);
    });

  it('limits the number of rows', () => {
    const many = Array.from({ length: 31 }, (_none, at) => row(`p${at}`, 'x'));
    expect(validateRows({ AuthorizationCodeFixed: many }, documentOf())).to.have.all.keys(
      'AuthorizationCodeFixedName30',
    );
  });

  it('offers no secret to a request of the browser', () => {
    expect(variablesOf('AuthorizationCode', 'Mapped')).to.deep.equal([
      'ClientID',
      'Scope',
      'RedirectURL',
      'State',
    ]);
    expect(variablesOf('TokenByRefreshToken', 'Mapped')).to.include('RefreshToken');
  });
});
