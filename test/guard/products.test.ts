import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { codeOf } from './code-of.js';

const root = path.resolve(import.meta.dirname, '../..');
const RECORDS = 'plugin/domain/product/';

/** Paths, scripts, Actions and tables of one product; in sentences as well. */
const NAMES =
  /[/.](znuny|otrs|otobo)\b|\b(znuny|otrs|otobo)\.\w+\.pl|AdminOAuth2Token|get-oauth2-token-by|permission_groups|groups_table|\b(otrs|otobo)_\w/i;

/** A word in quotes that carries a product's name. A sentence may name a product to its reader. */
const WORDS = /(["'`])[^\s"'`]*(znuny|otrs|otobo)[^\s"'`]*\1/i;

/** Statements that belong into a record. */
const faultsIn = (source: string): string[] =>
  codeOf(source)
    // Our own program.
    .replaceAll('znuny-oauth2', '')
    .split(/[;\n]/)
    .filter((statement) => NAMES.test(statement) || WORDS.test(statement))
    .map((statement) => statement.trim().slice(0, 160));

const files = (top: string, ending: string): string[] =>
  readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${top}/${file}`);

describe('names that belong to one product', () => {
  it('are detected by these checks', () => {
    for (const text of [
      "'/opt/znuny'",
      "'bin/otrs.Console.pl'",
      "'OTRSTimeZone'",
      "'Action=AdminOAuth2TokenManagement'",
      '`Give it: --home /opt/${name}/otrs`',
      "'SELECT name FROM permission_groups'",
      '/<OTRS_CONFIG_(.+?)>/g',
    ])
      expect(faultsIn(`use(${text});`), text).to.have.length(1);
    for (const text of ["'znuny-oauth2 migrate'", "'needs Znuny 6.3 or newer'", "'users' /* /opt/znuny */"])
      expect(faultsIn(`use(${text});`), text).to.deep.equal([]);
  });

  it('are only in its record (plugin/domain/product): no other source names a path, script, setting, table or Action', () => {
    const faults = ['plugin', 'db', 'sysconfig']
      .flatMap((top) => files(top, '.ts'))
      .filter((file) => !file.startsWith(RECORDS))
      .flatMap((file) =>
        faultsIn(readFileSync(path.join(root, file), 'utf8')).map((line) => `${file}: ${line}`),
      );
    expect(faults, 'take it from the record: plugin/domain/product/records.ts').to.deep.equal([]);
  });

  it('appear in no template as an Action', () => {
    const faults = files('templates', '.hbs').filter((file) =>
      NAMES.test(readFileSync(path.join(root, file), 'utf8')),
    );
    expect(faults, 'use {{screenAction}} or {{link}}').to.deep.equal([]);
  });
});
