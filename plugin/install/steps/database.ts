import type { Database } from '../../../db/database.js';
import {
  type Account,
  accountReaches,
  accountRemoval,
  currentAccount,
  missingGrants,
  namespaceOf,
  removeAccount,
  setAccount,
  setGrants,
  tableColumns,
} from '../../../db/database-user.js';
import { wantedGrants } from '../../../db/grants.js';
import { dropOwnTable, migrate, needsMigration, ownTables } from '../../../db/migrate.js';
import { createTokenTables, missingTokenTables } from '../../../db/token-tables.js';
import type { Abilities } from '../../domain/helpdesk/abilities.js';
import type { Action, Step } from '../action.js';

export interface Databases {
  /** Connected as the helpdesk's user, from Kernel/Config.pm. */
  helpdesk: Database;
  /** Connected as a user who may create users; null if the sidecar uses the helpdesk's user. */
  admin: Database | null;
}

/**
 * Creates our own tables, and those for tokens if the helpdesk has none. The latter are never dropped,
 * because they hold configurations.
 */
export function tablesStep({ helpdesk }: Databases, abilities: Abilities): Step {
  return {
    title: 'Tables',
    async todo() {
      const actions: Action[] = [];
      const columns = new Map(
        [...(await tableColumns(helpdesk))].map(([table, names]) => [
          table,
          new Map(names.map((n) => [n, NO_LIMITS])),
        ]),
      );
      const missing = missingTokenTables(columns, helpdesk.dialect.columns);
      if (missing.length > 0)
        actions.push({
          what: `add what the helpdesk's later update expects: ${missing.join(', ')}`,
          byHand: ['znuny-oauth2 migrate'],
          run: async () => void (await createTokenTables(helpdesk, abilities)),
        });
      if (await needsMigration(helpdesk))
        actions.push({
          what: 'create or update the tables oauth2_sidecar_…',
          byHand: ['znuny-oauth2 migrate'],
          run: async () => void (await migrate(helpdesk)),
        });
      return actions;
    },
    async undo() {
      const names = await ownTables(helpdesk);
      if (names.length === 0) return [];
      return [
        {
          what: `drop the tables ${names.join(', ')}`,
          byHand: [`DROP TABLE ${names.join(', ')};`],
          run: async () => {
            for (const name of names) await dropOwnTable(helpdesk, name);
          },
        },
      ];
    },
  };
}

const NO_LIMITS = { maxCharacters: null, maxBytes: null, highest: 0x10ffff };

export interface DatabaseUserOptions extends Databases {
  user: string;
  password: () => string;
  /** The setting SessionTable. */
  sessionTable: () => Promise<string>;
  /** Does the server accept this user with this password? */
  letsIn(user: string, password: string): Promise<boolean>;
}

/**
 * Creates the database user with the rights of db/grants.ts, for the same host as the helpdesk's own user.
 */
export function databaseUserStep(options: DatabaseUserOptions): Step {
  const { helpdesk, admin, user, password, sessionTable, letsIn } = options;
  const accountOf = async (): Promise<Account> => ({ user, host: (await currentAccount(helpdesk)).host });
  const { byHand } = helpdesk.dialect.accounts;
  return {
    title: 'Database user',
    async todo() {
      if (!admin) return [];
      const account = await accountOf();
      const namespace = await namespaceOf(helpdesk);
      const actions: Action[] = [];
      if (!(await accountReaches(admin, namespace, account)) || !(await letsIn(user, password())))
        actions.push({
          what: `create the database user ${byHand.account(account)}, with the password of the configuration file`,
          byHand: [`${byHand.create(account)};`],
          run: () => setAccount(admin, namespace, account, password()),
        });
      const wanted = wantedGrants(await tableColumns(helpdesk), await sessionTable());
      const statements = await missingGrants(admin, namespace, account, wanted);
      if (statements.length > 0)
        actions.push({
          what: `grant it the rights of docs/security.md: ${statements.length} statements`,
          byHand: statements.map((statement) => `${statement.byHand};`),
          run: () => setGrants(admin, namespace, account, wanted),
        });
      return actions;
    },
    async undo() {
      if (!admin) return [];
      const account = await accountOf();
      const removal = await accountRemoval(admin, account);
      if (removal.statements.length === 0) return [];
      const name = byHand.account(account);
      return [
        {
          what: removal.staysElsewhere
            ? `revoke the rights of the database user ${name}, which another helpdesk of this server uses as well`
            : `drop the database user ${name}`,
          byHand: removal.statements.map((statement) => `${statement};`),
          run: () => removeAccount(admin, removal),
        },
      ];
    },
  };
}
