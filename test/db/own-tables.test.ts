import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { type Database, openDatabase } from '../../db/database.js';
import { migrate } from '../../db/migrate.js';
import { openHelpdesk } from '../../db/open-helpdesk.js';
import { createOwnTables } from '../../db/own-tables.js';
import { createMailWatchStore } from '../../db/repositories/mail-watch.js';
import { createOverviewStore } from '../../db/repositories/overview.js';
import { createPermissions } from '../../db/repositories/permissions.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createDeployments } from '../../db/repositories/sysconfig.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createUsageStore } from '../../db/repositories/usages.js';
import { checkSchema } from '../../db/schema.js';
import type { Settings } from '../../plugin/domain/helpdesk/settings.js';
import { NO_HELPDESK } from '../../plugin/domain/product/records.js';
import { emptyDatabase } from '../support/database.js';
import { config, failure, fixture } from './fixture.js';

const NOW = new Date('2026-07-01T12:00:00Z');
const settings: Settings = {
  deploymentId: 0,
  get: () => undefined,
  text: (_name, fallback = '') => fallback,
  number: (_name, fallback) => fallback,
  flag: (_name, fallback) => fallback,
};

describe('a database of the sidecar alone', function () {
  this.timeout(120_000);
  let db: Database;
  let drop: () => Promise<void>;
  before(async () => {
    const empty = await emptyDatabase();
    drop = empty.drop;
    db = await openHelpdesk({ ...empty.connection, socket: null }, NO_HELPDESK);
  });
  after(async () => {
    await db.close();
    await drop();
  });

  it('has every table that the sidecar reads, after one run or several at the same time', async () => {
    await Promise.all([createOwnTables(db), createOwnTables(db)]);
    await createOwnTables(db);
    const { groupTable, notes } = await checkSchema(createColumnReader(db));
    expect(notes).to.deep.equal([]);
    await migrate(db);
    const permissions = createPermissions({ db, groupTable });
    for (const login of ['root@localhost', 'Root@LocalHost'])
      expect(await permissions.byLogin(login), login).to.deep.equal({ id: 1, valid: true });
    expect(await permissions.user(1)).to.deep.equal({
      login: 'root@localhost',
      valid: true,
      rights: [{ name: 'admin', permission: 'rw' }],
    });
  });

  it('serves the stores: configurations, renewals, overview, what uses a token, and the watch of mail', async () => {
    const deps = { db, columns: createColumnReader(db), zone: () => 'UTC', clock: () => NOW };
    const configs = createTokenConfigStore(deps);
    const id = await configs.insert(config('Alone'), 1);
    await createRenewalStore(deps).reconcile(NOW);
    const { rows } = await createOverviewStore(deps).list({
      ...{ page: 1, pageSize: 10, search: 'alone', reach: 'everything' as const },
    });
    expect(rows.map((row) => row.config.id)).to.deep.equal([id]);
    const usages = createUsageStore({ ...deps, settings: { current: async () => settings } });
    expect((await usages.of([{ id, name: 'Alone' }])).get(id)?.mailAccounts).to.deep.equal([]);
    expect(await createDeployments({ db }).newest()).to.equal(null);
    const watch = createMailWatchStore({ ...deps, relay: { places: [] } });
    expect((await watch.look(NOW)).mailboxes).to.equal(0);
    await watch.alone(async (reader) => {
      await reader.readOn(NOW, (facts) => facts);
      await reader.noteAccounts();
    });
    await configs.delete(id, 1);
    expect(await configs.byId(id)).to.equal(null);
  });
});

describe("a helpdesk's database", () => {
  it('is refused where the sidecar shall be alone, and stays as it was', async function () {
    this.timeout(120_000);
    const fix = await fixture();
    try {
      const names = () =>
        fix.helpdesk.run('test.names', (knex, { catalog }) => catalog.columnNames(knex, fix.helpdesk.name));
      const before = await names();
      const { code, detail } = await failure(openHelpdesk(fix.helpdeskAddress, NO_HELPDESK));
      expect([code, detail?.includes('needs a database of its own')]).to.deep.equal([
        'helpdesk-unsupported',
        true,
      ]);
      const own = openDatabase(fix.helpdeskAddress);
      expect((await failure(createOwnTables(own))).code).to.equal('helpdesk-unsupported');
      await own.close();
      expect(await names()).to.deep.equal(before);
    } finally {
      await fix.close();
    }
  });
});
