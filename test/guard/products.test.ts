import { expect } from 'chai';
import { codeIn, codeOf, filesOf, read, SOURCES } from './sources.js';

const RECORDS = 'plugin/domain/product/';

/** Paths, scripts, Actions and tables of one product; in sentences as well. */
const NAMES =
  /[/.](znuny|otrs|otobo)\b|\b(znuny|otrs|otobo)\.\w+\.pl|AdminOAuth2Token|get-oauth2-token-by|permission_groups|groups_table|\b(otrs|otobo)_\w/i;

/** A word in quotes that carries a product's name. A sentence may name a product to its reader. */
const WORDS = /(["'`])[^\s"'`]*(znuny|otrs|otobo)[^\s"'`]*\1/i;

/** Statements that belong into a record. */
const faultsIn = (code: string): string[] =>
  code
    // Our own program.
    .replaceAll('znuny-oauth2', '')
    .split(/[;\n]/)
    .filter((statement) => NAMES.test(statement) || WORDS.test(statement))
    .map((statement) => statement.trim().slice(0, 160));

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
      expect(faultsIn(codeOf(`use(${text});`)), text).to.have.length(1);
    for (const text of ["'znuny-oauth2 migrate'", "'needs Znuny 6.3 or newer'", "'users' /* /opt/znuny */"])
      expect(faultsIn(codeOf(`use(${text});`)), text).to.deep.equal([]);
  });

  it('are only in its record (plugin/domain/product): no other source names a path, script, setting, table or Action', () => {
    const faults = SOURCES.filter((file) => !file.startsWith(RECORDS)).flatMap((file) =>
      faultsIn(codeIn(file)).map((line) => `${file}: ${line}`),
    );
    expect(faults, 'take it from the record: plugin/domain/product/records.ts').to.deep.equal([]);
  });

  it('appear in no template as an Action', () => {
    const faults = filesOf(['templates'], '.hbs').filter((file) => NAMES.test(read(file)));
    expect(faults, 'use {{screenAction}} or {{link}}').to.deep.equal([]);
  });
});
