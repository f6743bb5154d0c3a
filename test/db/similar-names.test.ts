import { expect } from 'chai';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { planImport } from '../../plugin/usecases/plan-import.js';
import { config, type Fixture, fixture } from './fixture.js';

/** Pairs that some collation of some server compares as equal. */
const PAIRS = [
  ['Support', 'SUPPORT'],
  ['Größe', 'grosse'],
  ['Straße', 'STRASSE'],
  ['Müller ', 'muller'],
  ['Søren', 'soren'],
  ['Łódź', 'lodz'],
  ['Ægir', 'aegir'],
  ['Cœur', 'coeur'],
  ['Đorđe', 'dorde'],
  ['ﬁnance', 'finance'],
  ['ＦＵＬＬ', 'full'],
  ['in\u200dvisible', 'invisible'],
  ['soft\u00adhyphen', 'softhyphen'],
  ['カタカナ', 'かたかな'],
  ['№ 5', 'No 5'],
  ['x²', 'x2'],
  ['İstanbul', 'istanbul'],
  ['ſafe', 'safe'],
] as const;

describe('names that the database server considers equal', function () {
  this.timeout(60_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());

  for (const [stored, imported] of PAIRS)
    it(`are equal for an import as well, and different ones are not: "${stored}", "${imported}"`, async () => {
      await fix.rows('DELETE FROM oauth2_token_config');
      const store = createTokenConfigStore(fix);
      await store.insert(config(stored), 1);
      const content = Buffer.from(
        JSON.stringify([{ Name: imported, Config: config(imported).document, ValidID: 1 }]),
      );
      const plan = await planImport(store, { content, overwrite: false });
      const isEqual = (await store.byName(imported)) !== null;
      expect(plan.items.map(({ action }) => action === 'add')).to.deep.equal([!isEqual]);
      // The server has the last word about that, too.
      const refused = await store.insert(config(imported), 1).then(
        () => '',
        ({ code }) => code,
      );
      expect(refused).to.equal(isEqual ? 'invalid-token-config' : '');
    });
});
