import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../lab/instance.js';
import { type Suite, suitesOf } from '../lab/suites.js';

const IN_CI = '**tested in CI**';
const STATES = /^(\*\*tested in CI\*\*|run by hand on \d{4}-\d{2}-\d{2}, \S+|not run)$/;

/** The rows of the tables of docs/tested.md: cells by the names of their columns. */
const rows = readFileSync(path.join(ROOT, 'docs/tested.md'), 'utf8')
  .split('\n\n')
  .filter((part) => part.startsWith('|'))
  .flatMap((table) => {
    const [head = [], , ...body] = table
      .trim()
      .split('\n')
      .map((line) => line.split('|').slice(1, -1));
    return body.map((cells) =>
      Object.fromEntries(cells.map((cell, at) => [(head[at] ?? '').trim(), cell.trim()])),
    );
  });
const called = (row: Record<string, string>) => Object.values(row).join(' | ');

/** Does a suite run on the row's helpdesk and database? */
function runsOn({ Helpdesk, Database = '' }: Record<string, string>, { ground, database }: Suite): boolean {
  if (Helpdesk === undefined) return true;
  if (Helpdesk.startsWith('Znuny 6.0')) return ground === '6.0';
  if (!Helpdesk.startsWith('Znuny 6.5')) return false;
  if (Database.startsWith('PostgreSQL')) return ground === 'postgres';
  if (Database.startsWith('MySQL')) return database === 'mysql';
  if (/^MariaDB (11|12)/.test(Database)) return database === 'mariadb';
  return Database.startsWith('MariaDB') && ground === '6.5' && database === undefined;
}

describe('the tables of what was tested', () => {
  it('are read', () => {
    expect(rows.length).to.be.greaterThan(20);
  });

  it('know three states and no other', () => {
    expect(rows.filter(({ State = '' }) => !STATES.test(State)).map(called)).to.deep.equal([]);
  });

  it('say "tested in CI" only where the named tests run at each change, on that helpdesk and database', () => {
    const suites = [...suitesOf('test'), ...suitesOf('all')];
    const wrong = rows
      .filter(({ State }) => State === IN_CI)
      .flatMap((row) => {
        const files = [...(row['By what'] ?? '').matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(
          ([, file = '']) => file,
        );
        if (files.length === 0) return [`${called(row)}: names no test`];
        return files
          .filter(
            (file) =>
              !suites.some(
                (suite) => suite.files.includes(file) && (file.includes('/unit/') || runsOn(row, suite)),
              ),
          )
          .map((file) => `${called(row)}: ${file} does not run there`);
      });
    expect(wrong).to.deep.equal([]);
  });

  it('name only tests that exist', () => {
    const all = [...suitesOf('test'), ...suitesOf('all')].flatMap(({ files }) => files);
    const named = rows.flatMap((row) =>
      [...called(row).matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, file = '']) => file),
    );
    expect(named.filter((file) => !all.includes(file))).to.deep.equal([]);
  });

  it('name the helpdesk that the tests run on', () => {
    const source = readFileSync(path.join(ROOT, 'test/lab/instance.ts'), 'utf8');
    const [, version] = /version = '(6\.5\.\d+)'/.exec(source) ?? [];
    const tested = rows.filter(
      ({ State, Helpdesk = '' }) => State === IN_CI && Helpdesk.startsWith('Znuny 6.5'),
    );
    expect([...new Set(tested.map(({ Helpdesk }) => Helpdesk))]).to.deep.equal([`Znuny ${version}`]);
  });
});
