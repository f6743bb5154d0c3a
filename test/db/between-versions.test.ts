import { expect } from 'chai';
import { migrate } from '../../db/migrate.js';
import { IS_POSTGRES } from '../support/database.js';
import { dumpsIn, expectRowsKept, type UpgradeDatabase, upgradeDatabase } from './upgraded-tables.js';

/**
 * Every state in which a commit of this repository has ever left the tables, released or not, with rows that have each
 * column full, empty, and in between. A file has the name of the last migration, and of what differs from the tables
 * that this migration makes today.
 */
const STATES = dumpsIn(IS_POSTGRES ? 'between/postgres' : 'between/mariadb');

/** What an earlier form of 0014 added, and nothing reads. */
const REMOVED = ['is_token_untold'];

type Facts = Awaited<ReturnType<UpgradeDatabase['facts']>>;

/** Tables that got a column later have it in another place, which means nothing. */
const inAnyOrder = ({ columns, ...facts }: Facts): Facts => {
  const name = (column: Record<string, unknown>): string =>
    `${column.TABLE_NAME ?? column.table}.${column.name}`;
  return {
    ...facts,
    columns: columns
      .map(({ ORDINAL_POSITION: _place, ...column }): Record<string, unknown> => column)
      .sort((a, b) => (name(a) < name(b) ? -1 : 1)),
  };
};

describe('an upgrade from the tables of a commit between two versions', function () {
  this.timeout(60_000);
  let opened: UpgradeDatabase;
  let fresh: Facts;
  before(async () => {
    opened = await upgradeDatabase();
    await migrate(opened.db);
    fresh = inAnyOrder(await opened.facts());
  });
  after(() => opened.close());
  beforeEach(() => opened.empty());

  it('is tested from every state', () => {
    expect(STATES).to.have.length(IS_POSTGRES ? 5 : 22);
  });

  for (const state of STATES)
    it(`keeps every row, and results in the tables of a new installation: ${state}`, async () => {
      await opened.load(state);
      await expectRowsKept(opened, REMOVED);
      expect(inAnyOrder(await opened.facts())).to.deep.equal(fresh);
    });

  it('notes whose a relay password is, if its configuration is there', async () => {
    await opened.load(`between/${IS_POSTGRES ? 'postgres' : 'mariadb'}/0018`);
    const [by, at] = [1, '2026-07-01 08:00:00'];
    await opened.rows(
      `INSERT INTO oauth2_token_config (id, name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES (7, 'Support', '{}', 1, ?, ?, ?, ?)`,
      [at, by, at, by],
    );
    await migrate(opened.db);
    await opened.rows('DELETE FROM oauth2_token_config WHERE id = 7');
    expect(
      await opened.rows(
        'SELECT token_config_id, config_name, config_created FROM oauth2_sidecar_relay_password ORDER BY id',
      ),
    ).to.deep.equal([
      { token_config_id: 7, config_name: 'Support', config_created: at },
      { token_config_id: 8, config_name: null, config_created: null },
      { token_config_id: 2147483647, config_name: null, config_created: null },
    ]);
  });

  if (!IS_POSTGRES) {
    it('gives states the names of today', async () => {
      await opened.load('between/mariadb/0008');
      await opened.rows(
        "UPDATE oauth2_sidecar_renewal SET state = 'provider-away' WHERE token_config_id = 7",
      );
      await migrate(opened.db);
      expect(
        await opened.rows(
          'SELECT state, told_state, token_state FROM oauth2_sidecar_renewal WHERE token_config_id = 7',
        ),
      ).to.deep.equal([
        {
          state: 'provider-unavailable',
          told_state: 'provider-unavailable',
          token_state: 'provider-unavailable',
        },
      ]);
    });

    it('takes what mailboxes reported from the configurations, and their alerts with it', async () => {
      await opened.load('between/mariadb/0012');
      await opened.rows(
        `UPDATE oauth2_sidecar_renewal SET state = 'mail-stopped', urgency = 1, told_state = 'mail-failing'
         WHERE token_config_id = 7`,
      );
      await opened.rows('DELETE FROM oauth2_sidecar_alert');
      for (const [subject, state] of [
        ['configuration:7', 'mail-stopped'],
        ['configuration:8', 'consent-needed'],
      ] as const)
        await opened.rows(
          `INSERT INTO oauth2_sidecar_alert (subject, config_id, name, state, cause, severity, since, changed_at)
           VALUES (?, 7, 'Support', ?, '', 0, 1, 1)`,
          [subject, state],
        );
      await migrate(opened.db);
      expect(
        await opened.rows(
          `SELECT state, told_state, token_state, token_urgency FROM oauth2_sidecar_renewal
           WHERE token_config_id = 7`,
        ),
      ).to.deep.equal([
        { state: 'mail-stopped', told_state: 'valid', token_state: 'valid', token_urgency: 7 },
      ]);
      expect(await opened.rows('SELECT subject FROM oauth2_sidecar_alert')).to.deep.equal([
        { subject: 'configuration:8' },
      ]);
    });
  }
});
