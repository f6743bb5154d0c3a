import { expect } from 'chai';
import {
  commonTenant,
  isTenant,
  tenantOf,
  withTenant,
} from '../../../../plugin/domain/configuration/microsoft-tenant.js';
import { followTenant, formOf } from '../../../../plugin/domain/configuration/token-config-form.js';
import { documentOf } from '../../../support/samples.js';

const HOST = 'https://login.microsoftonline.com';

describe("Microsoft's tenant", () => {
  for (const [url, tenant] of [
    [`${HOST}/common/oauth2/v2.0/authorize`, 'common'],
    [`${HOST}/contoso.onmicrosoft.com/oauth2/v2.0/token`, 'contoso.onmicrosoft.com'],
    ['https://login.partner.microsoftonline.cn/common/oauth2/v2.0/token', 'common'],
    ['https://login.microsoftonline.us/x/oauth2/v2.0/token', 'x'],
    ['https://login.microsoftonline.com.evil.example/common/oauth2/v2.0/token', undefined],
    ['https://accounts.google.com/o/oauth2/v2/auth', undefined],
    ['', undefined],
  ] as const)
    it(`is ${tenant} in ${url || 'an empty address'}`, () => expect(tenantOf(url)).to.equal(tenant));

  it('can be replaced without changing any other part of an address', () => {
    expect(withTenant(`${HOST}/common/oauth2/v2.0/token?a=b`, 'contoso.com')).to.equal(
      `${HOST}/contoso.com/oauth2/v2.0/token?a=b`,
    );
    expect(withTenant('https://idp.example.org/common/oauth2/token', 'x')).to.equal(
      'https://idp.example.org/common/oauth2/token',
    );
  });

  it('is known only where all endpoints name the same one', () => {
    expect(commonTenant([`${HOST}/a/oauth2/v2.0/x`, `${HOST}/a/oauth2/v2.0/y`])).to.equal('a');
    expect(commonTenant([`${HOST}/a/oauth2/v2.0/x`, `${HOST}/b/oauth2/v2.0/y`])).to.equal('');
    expect(commonTenant([`${HOST}/a/oauth2/v2.0/x`, 'https://idp.example.org/'])).to.equal('');
    expect(commonTenant([])).to.equal('');
  });

  for (const good of [
    'common',
    'consumers',
    'organizations',
    'contoso.com',
    'a-b.onmicrosoft.com',
    '8C5b32f0-1234-4abc-9def-0123456789ab',
  ])
    it(`can be ${good}`, () => expect(isTenant(good)).to.equal(true));
  for (const bad of [
    '',
    'contoso',
    'a/b.com',
    'contoso.com/x',
    '../x.com',
    'a b.com',
    '8c5b32f0',
    `${'a'.repeat(250)}.com`,
  ])
    it(`cannot be ${bad.slice(0, 20) || 'nothing'}`, () => expect(isTenant(bad)).to.equal(false));
});

describe('changing the tenant', () => {
  const form = formOf(documentOf());

  it('changes every endpoint', () => {
    expect(followTenant({ ...form, Tenant: 'contoso.com' })).to.include({
      Tenant: 'contoso.com',
      TenantBefore: 'contoso.com',
      AuthorizationCodeRequestURL: `${HOST}/contoso.com/oauth2/v2.0/authorize`,
      TokenByAuthorizationCodeRequestURL: `${HOST}/contoso.com/oauth2/v2.0/token`,
      TokenByRefreshTokenRequestURL: `${HOST}/contoso.com/oauth2/v2.0/token`,
    });
  });

  it('leaves an endpoint alone that was changed by hand', () => {
    const byHand = {
      TokenByRefreshTokenRequestURL: `${HOST}/fabrikam.com/oauth2/v2.0/token`,
      TokenByAuthorizationCodeRequestURL: 'https://proxy.example.org/token',
    };
    expect(followTenant({ ...form, ...byHand, Tenant: 'contoso.com' })).to.include({
      ...byHand,
      AuthorizationCodeRequestURL: `${HOST}/contoso.com/oauth2/v2.0/authorize`,
    });
  });

  it('works again after a second change in the same form', () => {
    const once = followTenant({ ...form, Tenant: 'contoso.com' });
    expect(followTenant({ ...once, Tenant: 'fabrikam.com' }).AuthorizationCodeRequestURL).to.equal(
      `${HOST}/fabrikam.com/oauth2/v2.0/authorize`,
    );
  });

  it('does nothing with an invalid tenant', () => {
    expect(followTenant({ ...form, Tenant: 'a/b' })).to.deep.equal({ ...form, Tenant: 'a/b' });
  });

  it('sets all endpoints to one tenant where they named different ones', () => {
    const mixed = {
      ...form,
      Tenant: '',
      TenantBefore: '',
      TokenByRefreshTokenRequestURL: `${HOST}/x.com/oauth2/v2.0/token`,
    };
    expect(followTenant({ ...mixed, Tenant: 'contoso.com' }).TokenByRefreshTokenRequestURL).to.equal(
      `${HOST}/contoso.com/oauth2/v2.0/token`,
    );
  });
});
