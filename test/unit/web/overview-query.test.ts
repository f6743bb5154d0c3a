import { expect } from 'chai';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { createParameters, parsePairs } from '../../../plugin/web/parameters.js';
import {
  overviewUrl,
  presentControls,
  readOverviewQuery,
} from '../../../plugin/web/presenters/overview-query.js';
import { presentPages } from '../../../plugin/web/presenters/pages.js';

const read = (query: string) => readOverviewQuery(createParameters(parsePairs(query, ';&')));
const FACETS = {
  states: { 'consent-needed': 2, valid: 7, 'never-requested': 1 },
  attention: 2,
  providers: ['login.microsoftonline.com', 'provider.example:8443'],
};
const READER = { language: 'en', timeZone: 'UTC', t: inEnglish };

describe('the parameters of the overview', () => {
  it('are search, state, provider, sort, order and page; unknown ones count as absent', () => {
    expect(
      read('Search=%20x%20;State=consent-needed;Provider=a.example;Sort=expiry;Order=Down;Page=3'),
    ).to.deep.equal({
      search: 'x',
      state: 'consent-needed',
      provider: 'a.example',
      sort: 'expiry',
      descending: true,
      page: 3,
      pageSize: 25,
    });
    expect(read('State=constructor;Sort=toString;Order=up;Page=-1')).to.deep.equal({
      sort: 'urgency',
      page: 1,
      pageSize: 25,
    });
    expect(read('Provider=%C3%A4.example')).to.deep.equal({ sort: 'urgency', page: 1, pageSize: 25 });
    expect(read('Page=999999999').page).to.equal(100_000);
  });

  it('reappear in links, with what changes, on the first page', () => {
    const query = read('Search=a b;State=valid;Page=4');
    expect(overviewUrl(query, { sort: 'expiry' })).to.equal(
      'index.pl?Action=AdminOAuth2TokenManagement;Search=a%20b;State=valid;Sort=expiry',
    );
    expect(overviewUrl(query, { page: 5 })).to.match(/;Page=5$/);
  });

  it('offer the states that exist, the most urgent first, and reverse a column that is sorted by already', () => {
    const controls = presentControls(read('State=overdue'), FACETS, READER);
    expect(controls.states.map(({ name, selected }) => [name, selected])).to.deep.equal([
      ['Needs attention (2)', false],
      ['Consent needed (2)', false],
      ['Renewal overdue (0)', true],
      ['No token yet (1)', false],
      ['Valid (7)', false],
    ]);
    expect(controls.providers.map(({ value }) => value)).to.deep.equal(FACETS.providers);
    expect(controls.columns.urgency?.ariaSort, 'what is broken comes first').to.equal('ascending');
    expect(controls.columns.urgency?.url).to.contain('Order=Down');
    expect(controls.columns.name?.url).to.contain('Sort=name');
    expect(controls.columns.expiry).to.deep.include({ ariaSort: 'none', chosen: false });
  });
});

describe('the pages', () => {
  const url = (page: number) => `p${page}`;
  it('link to their neighbours, to the first and to the last', () => {
    expect(presentPages(1, 25, 25, url)).to.equal(null);
    expect(presentPages(1, 26, 25, url)).to.deep.equal({
      page: 1,
      last: 2,
      first: '',
      previous: '',
      next: 'p2',
      end: '',
    });
    expect(presentPages(3, 250, 25, url)).to.deep.equal({
      page: 3,
      last: 10,
      first: 'p1',
      previous: 'p2',
      next: 'p4',
      end: 'p10',
    });
  });
  it('link back from beyond the last one', () => {
    expect(presentPages(9, 30, 25, url)).to.deep.include({ previous: 'p2', next: '' });
  });
});
