import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { MYSQL } from '../../db/dialect/mysql/mysql.js';
import { GRANTS, type Granted, wantedGrants } from '../../db/grants.js';

const root = path.resolve(import.meta.dirname, '../..');
const repositories = readdirSync(path.join(root, 'db/repositories')).map((name) => ({
  name,
  text: readFileSync(path.join(root, 'db/repositories', name), 'utf8'),
}));

/** Words that follow FROM, JOIN and the like without being tables: names of subqueries, `CURRENT_USER` and so on. */
const tablesIn = (text: string): string[] => {
  const code = text.replace(/^\s*(\*|\/\/).*$/gm, '');
  const found = [
    ...code.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE)\s+`?([a-z][a-z0-9_]{3,})`?/g),
    ...code.matchAll(/(?:knex|trx|from|join|Join)\(\s*'([a-z][a-z0-9_]{3,})/g),
    ...code.matchAll(
      /(?:const (?:TABLE|RENEWAL) = |from\(\{ \w+: |\btable: |\(knex, )'([a-z][a-z0-9_]{3,})'/g,
    ),
  ].map(([, name = '']) => name);
  const named = [...code.matchAll(/(?:WITH|,|\))\s+(\w+)\s+AS\s*\(|\)\s+(?:AS\s+)?(\w+)\b/g)].flatMap(
    ([, a, b]) => [a, b],
  );
  return found.filter((name) => !named.includes(name));
};

describe("the rights of the sidecar's database user (db/grants.ts)", () => {
  it('cover every table that a query names', () => {
    const listed = new Set(GRANTS.map(({ table }) => table));
    const used = repositories.flatMap(({ name, text }) => tablesIn(text).map((table) => ({ name, table })));
    expect(new Set(used.map(({ table }) => table)).size).to.be.greaterThan(10);
    const faults = used
      .filter(({ table }) => !listed.has(table))
      .map(
        ({ name, table }) => `db/repositories/${name} asks ${table}: add it to db/grants.ts, with its reason`,
      );
    expect(faults).to.deep.equal([]);
  });

  it('are listed in docs/security.md, each with its reason', () => {
    const text = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
    const rows = GRANTS.map(
      ({ table, rights, without, reason }) =>
        `| \`${table}\` | ${rights.join(', ')}${without ? `, without ${without.map((name) => `\`${name}\``).join(', ')}` : ''} | ${reason} |`,
    );
    expect(rows.filter((row) => !text.includes(row))).to.deep.equal([]);
  });
});

describe('the GRANT and REVOKE statements', () => {
  const grantStatements = (database: string, is: Granted, shall: Granted) =>
    MYSQL.accounts.grants(database, { user: 'sidecar', host: '%' }, is, shall).map(({ byHand }) => byHand);
  const columns = new Map([
    ['users', ['id', 'login', 'pw']],
    ['valid', ['id']],
    ['my sessions', ['id']],
  ]);

  it('name only tables that exist, and columns where some must stay inaccessible', () => {
    expect(grantStatements('help`desk', new Map(), wantedGrants(columns, 'my sessions'))).to.deep.equal([
      "GRANT SELECT ON `help``desk`.`my sessions` TO 'sidecar'@'%'",
      "GRANT SELECT (`id`, `login`) ON `help``desk`.`users` TO 'sidecar'@'%'",
      "GRANT SELECT ON `help``desk`.`valid` TO 'sidecar'@'%'",
    ]);
  });

  it('are empty where the rights are as required; excess rights are revoked, missing ones granted', () => {
    const wanted = wantedGrants(columns);
    expect(grantStatements('helpdesk', wanted, wanted)).to.deep.equal([]);
    const is = new Map([
      ['users', new Map([['SELECT', null]])],
      ['ticket', new Map([['DELETE', null]])],
      ['valid', new Map([['SELECT', null]])],
    ]);
    expect(grantStatements('helpdesk', is, wanted)).to.deep.equal([
      "REVOKE SELECT ON `helpdesk`.`users` FROM 'sidecar'@'%'",
      "REVOKE DELETE ON `helpdesk`.`ticket` FROM 'sidecar'@'%'",
      "GRANT SELECT (`id`, `login`) ON `helpdesk`.`users` TO 'sidecar'@'%'",
    ]);
  });
});
