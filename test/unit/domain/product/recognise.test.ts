import { expect } from 'chai';
import type { ProductId } from '../../../../plugin/domain/product/product.js';
import {
  compareTables,
  foreignTables,
  productOf,
  recogniseByHome,
} from '../../../../plugin/domain/product/recognise.js';
import {
  COMMUNITY_EDITION,
  EARLY_COMMUNITY_EDITION,
  PRODUCTS,
  ZNUNY_6,
} from '../../../../plugin/domain/product/records.js';
import { SidecarError } from '../../../../plugin/errors.js';

const tables = (columns: Record<string, string[]>): Map<string, Set<string>> =>
  new Map<string, Set<string>>(
    Object.entries({ users: [], sysconfig_deployment: [], ...columns }).map(([name, own]) => [
      name,
      new Set(own),
    ]),
  );

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof SidecarError ? error.code : String(error);
  }
  return 'none';
};

describe('the product of a helpdesk', () => {
  const RELEASES: [product: string, version: string, id: ProductId][] = [
    ['Znuny', '6.5.15', 'znuny-6'],
    ['Znuny', '6.5.x', 'znuny-6'],
    ['Znuny LTS', '6.0.32', 'znuny-6'],
    ['Znuny', '7.1.7', 'znuny-7'],
    ['Znuny', '7.10.0.alpha1', 'znuny-7'],
    ['Znuny', '8.0.1', 'unknown'],
    ['Znuny', '5.0.43', 'unknown'],
    ['Znuny', '60.1.1', 'unknown'],
    ['Znunyfork', '6.5.1', 'unknown'],
    ['OTRS', '6.0.30', 'otrs-6'],
    ['OTRS', '6.0.x git', 'otrs-6'],
    ['OTRS', '5.0.42', 'unknown'],
    ['OTRS', '7.0.48', 'unknown'],
    ['((OTRS)) Community Edition', '6.0.30', 'otrs-6'],
    ['((OTRS)) Community Edition', '6.0.31', 'otrs-ce-early'],
    ['((OTRS)) Community Edition', '6.0.36', 'otrs-ce-early'],
    ['((OTRS)) Community Edition', '6.0.37', 'otrs-ce'],
    ['((OTRS)) Community Edition', '6.0.41', 'otrs-ce'],
    ['((OTRS)) Community Edition', '6.0.x git', 'otrs-ce'],
    ['((OTRS)) Community Edition', '7.0.1', 'unknown'],
    ['OTOBO', '10.1.2', 'otobo'],
    ['OTOBO', '11.0.x', 'otobo'],
    ['', '', 'unknown'],
    ['Other', '6.5.1', 'unknown'],
  ];
  for (const [product, version, id] of RELEASES)
    it(`is ${id} for "${product}" "${version}"`, () => {
      expect(productOf({ product, version }, true).id).to.equal(id);
      const supported = ['znuny-6', 'znuny-7', 'otrs-6', 'otrs-ce'].includes(id);
      const facts = {
        home: '/opt/desk',
        release: { product, version },
        scripts: ['otrs'],
        storesTokens: true,
      };
      expect(codeOf(() => recogniseByHome(facts))).to.equal(supported ? 'none' : 'helpdesk-unsupported');
    });

  it('is decided by the modules where the release file of every version says the same', () => {
    const git = { product: '((OTRS)) Community Edition', version: '6.0.x git' };
    expect(productOf(git, true)).to.equal(COMMUNITY_EDITION);
    expect(productOf(git, false)).to.equal(EARLY_COMMUNITY_EDITION);
    expect(productOf({ ...git, version: '6.0.41' }, false)).to.equal(EARLY_COMMUNITY_EDITION);
    // A Znuny 6.0 stores no tokens either.
    expect(productOf({ product: 'Znuny', version: '6.0.32' }, false)).to.equal(ZNUNY_6);
  });

  it('says what can be done where it is not supported, and its record cannot be changed', () => {
    for (const product of PRODUCTS) {
      expect(product.remedy === null, product.id).to.equal(product.support === 'all');
      expect(Object.isFrozen(product.settings) && Object.isFrozen(product.groupTables)).to.equal(true);
      expect(
        Object.isFrozen(product) && Object.isFrozen(product.homes) && Object.isFrozen(product.scripts),
      ).to.equal(true);
    }
  });

  it('is not believed where the scripts belong to another product than the release file', () => {
    const release = { product: 'Znuny', version: '6.5.15' };
    const facts = (scripts: string[]) => ({ home: '/opt/desk', release, scripts, storesTokens: true });
    expect(codeOf(() => recogniseByHome(facts(['otrs', 'otobo'])))).to.equal('helpdesk-unsupported');
    expect(recogniseByHome(facts(['otrs', 'znuny']))).to.equal(ZNUNY_6);
    expect(recogniseByHome(facts([]))).to.equal(ZNUNY_6);
  });
});

describe('the owner of the tables', () => {
  it('is told by the columns that Znuny needs; a stray column beside them does not count', () => {
    const ours = { oauth2_token: ['token_config_id'], mail_account: ['authentication_type'] };
    expect(foreignTables(tables(ours))).to.equal(null);
    expect(foreignTables(tables({}))).to.equal(null);
    expect(
      foreignTables(
        tables({
          oauth2_token: ['token_config_id', 'config_id'],
          mail_account: ['authentication_type', 'auth_method'],
        }),
      ),
    ).to.equal(null);
    expect(foreignTables(tables({ ...ours, oauth2_token: ['config_id'] }))?.names).to.deep.equal([
      'oauth2_token.config_id',
    ]);
    expect(foreignTables(tables({ ...ours, mail_account: ['auth_method'] }))?.names).to.deep.equal([
      'mail_account.auth_method',
    ]);
    expect(foreignTables(tables({ groups_table: [] }))?.product.id).to.equal('otobo');
  });

  it('is refused where it is another product, or where the database holds no helpdesk', () => {
    const refused = (columns: ReturnType<typeof tables>) => codeOf(() => compareTables(ZNUNY_6, columns));
    expect(refused(tables({}))).to.equal('none');
    expect(refused(tables({ groups_table: [] }))).to.equal('helpdesk-unsupported');
    expect(refused(tables({ oauth2_token: ['config_id'] }))).to.equal('helpdesk-unsupported');
    expect(refused(new Map([['users', new Set<string>()]]))).to.equal('schema-unknown');
    expect(refused(new Map())).to.equal('schema-unknown');
    const edition = (columns: Record<string, string[]>) =>
      codeOf(() => compareTables(COMMUNITY_EDITION, tables(columns)));
    const own = { oauth2_token: ['config_id'], mail_account: ['auth_method'] };
    expect(edition(own)).to.equal('none');
    expect(edition({ ...own, oauth2_token: ['config_id', 'token_config_id'] })).to.equal('none');
    expect(edition({ ...own, mail_account: ['authentication_type'] })).to.equal('helpdesk-unsupported');
    expect(edition({ ...own, oauth2_token: ['token_config_id'] })).to.equal('helpdesk-unsupported');
    expect(edition({ mail_account: [] })).to.equal('helpdesk-unsupported');
    expect(codeOf(() => compareTables(COMMUNITY_EDITION, new Map()))).to.equal('schema-unknown');
  });
});
