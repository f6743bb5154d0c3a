import type { Knex } from 'knex';
import type { Clock } from '../../plugin/domain/clock.js';
import type { TokenConfig } from '../../plugin/domain/configuration/token-config.js';
import type {
  NewTokenConfig,
  TokenConfigStore,
} from '../../plugin/domain/configuration/token-config-store.js';
import type { TokenEvent } from '../../plugin/domain/token/event-store.js';
import { SidecarError } from '../../plugin/errors.js';
import { phrase } from '../../plugin/lib/phrase.js';
import type { ColumnReader } from '../columns.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import { sameDocument, writeDocument } from '../json-document.js';
import { addEvent } from './events.js';
import { forgetIdentities } from './identities.js';
import { forgetRelayPasswords } from './relay-passwords.js';
import { beginAnew } from './renewal-marks.js';
import { CONFIG_COLUMNS as COLUMNS, type ConfigRow, toTokenConfig } from './token-config-row.js';

export interface TokenConfigStoreDeps {
  db: Database;
  columns: ColumnReader;
  zone: Zone;
  clock: Clock;
}

/** Configurations in one page: half a megabyte, so that an export of ten thousand needs little memory. */
const PAGE = 250;

/** Writes only the columns named here: all others stay unchanged. */
export const createTokenConfigStore = (deps: TokenConfigStoreDeps): TokenConfigStore => ({
  ...createReads(deps),
  ...createChanges(deps),
  inTransaction: (work) =>
    deps.db.transaction('token-configs.transaction', (db) => work(createTokenConfigStore({ ...deps, db }))),
});

type Reads = Pick<TokenConfigStore, 'all' | 'pages' | 'byId' | 'byName' | 'mentions'>;

function createReads({ db, zone }: TokenConfigStoreDeps): Reads {
  const find = async (what: string, where: (query: Knex.QueryBuilder) => unknown): Promise<TokenConfig[]> => {
    const dates = await datesOf(zone);
    const rows: ConfigRow[] = await db.run(what, async (knex) => {
      const query = knex.select(COLUMNS).from('oauth2_token_config').orderBy(['name', 'id']);
      where(query);
      return query;
    });
    return rows.map((row) => toTokenConfig(row, dates));
  };

  return {
    all: () => find('token-configs.all', () => undefined),
    async pages(size = PAGE) {
      const ids: number[] = await db.run('token-configs.pages', (knex) =>
        knex('oauth2_token_config').orderBy(['name', 'id']).pluck('id'),
      );
      return pagesOf(ids, size, (page) => find('token-configs.pages', (query) => query.whereIn('id', page)));
    },
    byId: async (id) => (await find('token-configs.by-id', (query) => query.where({ id })))[0] ?? null,
    byName: async (name) =>
      (
        await find('token-configs.by-name', (query) =>
          // Compares by the index, unless the column cannot hold the name and the server would refuse the
          // comparison.
          /[\u{10000}-\u{10ffff}]/u.test(name)
            ? query.whereRaw(`${db.dialect.expressions.anyText('name')} = ?`, [name])
            : query.where({ name }),
        )
      )[0] ?? null,
    mentions: (text) =>
      db.run('token-configs.mentions', async (knex, { expressions }) => {
        const { sql, bindings } = expressions.contains('config', text);
        return (await knex('oauth2_token_config').whereRaw(sql, bindings).first('id')) !== undefined;
      }),
  };
}

type Changes = Pick<TokenConfigStore, 'check' | 'insert' | 'update' | 'delete'>;

function createChanges({ db, columns, zone, clock }: TokenConfigStoreDeps): Changes {
  const changing = <T>(what: string, work: (knex: Knex, dialect: Dialect) => Promise<T>): Promise<T> =>
    db.transaction(what, ({ run }) => run(what, work));

  const happened = (what: TokenEvent['what'], userId: number): TokenEvent => ({
    at: clock(),
    actor: userId,
    what,
    outcome: 'ok',
    code: null,
    durationMs: null,
  });

  /** Records the event and resets the renewal state in the same transaction. */
  async function record(knex: Knex, dialect: Dialect, id: number, event: TokenEvent): Promise<void> {
    await addEvent(knex, dialect, id, event);
    await beginAnew(knex, dialect, [id], clock());
  }

  return {
    check: async (config) => void (await checked(columns, config)),

    async insert(config, userId) {
      const values = await checked(columns, config);
      const now = (await datesOf(zone)).write(clock());
      const row = { ...values, create_time: now, create_by: userId, change_time: now, change_by: userId };
      return changing('token-configs.insert', async (knex, dialect) => {
        const id = await dialect.statements
          .insertNew(knex, 'oauth2_token_config', row)
          .catch(nameTaken(dialect));
        await record(knex, dialect, id, happened('config-added', userId));
        return id;
      });
    },

    async update(expected, next, userId) {
      const values = await checked(columns, next);
      const dates = await datesOf(zone);
      await changing('token-configs.update', async (knex, dialect) => {
        const row: ConfigRow | undefined = await knex('oauth2_token_config')
          .select(COLUMNS)
          .where({ id: expected.id })
          .forUpdate()
          .first();
        if (!row) throw new SidecarError('unknown-token-config');
        if (!isUnchanged(toTokenConfig(row, dates), expected)) throw new SidecarError('edit-conflict');
        await knex('oauth2_token_config')
          .where({ id: expected.id })
          .update({ ...values, change_time: dates.write(clock()), change_by: userId })
          .catch(nameTaken(dialect));
        await record(knex, dialect, expected.id, happened('config-changed', userId));
      });
    },

    delete: (id, userId) =>
      changing('token-configs.delete', async (knex, dialect) => {
        await addEvent(knex, dialect, id, happened('config-deleted', userId));
        await knex('oauth2_sidecar_renewal').where({ token_config_id: id }).delete();
        await forgetIdentities(knex, [id]);
        await forgetRelayPasswords(knex, [id]);
        await knex('oauth2_token').where(dialect.columns.tokenConfig, id).delete();
        const deleted = await knex('oauth2_token_config').where({ id }).delete().catch(inUse(dialect));
        if (deleted === 0) throw new SidecarError('unknown-token-config');
      }),
  };
}

async function* pagesOf<T>(
  ids: number[],
  size: number,
  read: (ids: number[]) => Promise<T>,
): AsyncGenerator<T> {
  const at = (from: number): Promise<T> | null => {
    if (from >= ids.length) return null;
    const page = read(ids.slice(from, from + size));
    // Whoever stops at an error of the page before does not wait for this one.
    page.catch(() => undefined);
    return page;
  };
  let next = at(0);
  for (let from = size; next; from += size) {
    const page = await next;
    // The server reads the next page while this one is being written.
    next = at(from);
    yield page;
  }
}

/** @throws SidecarError value-too-long, invalid-token-config */
async function checked(
  columns: ColumnReader,
  { name, document, validId }: NewTokenConfig,
): Promise<Pick<ConfigRow, 'name' | 'config' | 'valid_id'>> {
  const config = writeDocument(document);
  await columns.check('oauth2_token_config', { name: [name, 'Name'], config: [config, 'Config'] });
  return { name, config, valid_id: validId };
}

const isUnchanged = (stored: TokenConfig, expected: TokenConfig): boolean =>
  stored.changeTime.getTime() === expected.changeTime.getTime() &&
  stored.name === expected.name &&
  stored.validId === expected.validId &&
  sameDocument(stored.document, expected.document);

const nameTaken =
  ({ errors }: Dialect) =>
  (error: unknown): never => {
    if (!errors.isDuplicate(error)) throw error;
    throw new SidecarError('invalid-token-config', {
      fields: { Name: phrase('There is already a token configuration with this name.') },
      log: 'token-configs: name taken',
    });
  };

const inUse =
  ({ errors }: Dialect) =>
  (error: unknown): never => {
    throw errors.isReferenced(error) ? new SidecarError('token-config-in-use') : error;
  };
