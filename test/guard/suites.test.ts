import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  filesOf as filesIn,
  narrowed,
  type Suite,
  shuffled,
  suitesOf,
  suitesOn,
  testFiles,
} from '../lab/suites.js';

const filesOf = (suites: Suite[]): string[] => suites.flatMap(({ files }) => files);

describe('the sets of tests', () => {
  it('include every test file in what runs at each change, but one', () => {
    const run = new Set(filesOf([...suitesOf('test'), ...suitesOf('all')]));
    // It takes minutes; that the commands of the documentation exist is checked at each change (docs-commands.test.ts).
    const long = 'test/e2e/machine-docs.test.ts';
    expect([...run, long].sort()).to.deep.equal(testFiles('test'));
    expect(filesOf(suitesOf('long'))).to.include(long);
  });

  it('run nothing twice on the same ground but what differs in size or seed', () => {
    const seen = [...suitesOf('test'), ...suitesOf('all')]
      .filter(({ database }) => !database)
      .flatMap(({ ground, files }) => files.map((file) => `${ground} ${file}`));
    const twice = seen.filter((entry, at) => seen.indexOf(entry) !== at);
    expect(twice).to.deep.equal([
      'nothing test/unit/simulation/simulation.test.ts',
      'nothing test/unit/simulation/mail.test.ts',
      '6.5 test/chaos/database.test.ts',
      '6.5 test/chaos/provider.test.ts',
      '6.5 test/e2e/built-in-closed.test.ts',
    ]);
  });

  it('change the seeds of the simulation and of the faults with the day', () => {
    const [first] = suitesOf('all', new Date('2026-01-31T12:00:00Z'));
    expect(first?.env?.SIM_SEED).to.equal('20260131');
    const chaos = suitesOf('test', new Date('2026-01-31T12:00:00Z')).filter(({ env }) => env?.CHAOS_ONLY);
    expect(chaos.map(({ env }) => env?.CHAOS_SEED)).to.deep.equal(['20260131', '20260131']);
  });

  it('play every fault with which servers deal differently on PostgreSQL, too, before a release', () => {
    const differs = testFiles('test/chaos').filter((file) =>
      /\b(BREAKAGES|IS_POSTGRES)\b/.test(readFileSync(file, 'utf8')),
    );
    const played = filesOf(suitesOf('long').filter(({ ground }) => ground === 'postgres'));
    expect(played.filter((file) => file.startsWith('test/chaos/')).sort()).to.deep.equal(differs);
  });

  it('can be restricted to files and folders', () => {
    const files = filesOf(narrowed(suitesOf('test'), ['test/mail/', 'test/e2e/access.test.ts']));
    expect(files).to.deep.equal([...testFiles('test/mail'), 'test/e2e/access.test.ts']);
    expect(narrowed(suitesOf('test'), ['test/mai'])).to.deep.equal([]);
    expect(filesIn(['test/mail/', 'test/e2e/access.test.ts'])).to.deep.equal(files);
  });

  it('give end-to-end tests a process of their own, which removes what others left', () => {
    const isEndToEnd = (file: string) => /^test\/(e2e|old-helpdesk)\//.test(file);
    const shared = [...suitesOf('test'), ...suitesOf('all'), ...suitesOf('long')]
      .filter(({ files }) => files.length > 1 && files.some(isEndToEnd))
      .map(({ files }) => files[0]);
    expect(shared).to.deep.equal([
      // On a helpdesk of its own, where nothing else runs.
      'test/e2e/journey.test.ts',
      // Both install the same packages, beside the lab's helpdesk.
      'test/e2e/packages.test.ts',
    ]);
    const cleaning = testFiles('test').filter(
      (file) => isEndToEnd(file) && !readFileSync(file, 'utf8').includes("from '../support/lab.js'"),
    );
    expect(cleaning, 'those with machines of their own').to.deep.equal([
      'test/e2e/machine-docs.test.ts',
      'test/e2e/machine-red-hat.test.ts',
      'test/e2e/machine-two-helpdesks.test.ts',
    ]);
    expect(readFileSync('test/support/lab.ts', 'utf8')).to.include("import './clean-start.js';");
  });

  it('give one that compares a whole helpdesk a fresh lab, which in the usual order costs no start', () => {
    const compares = testFiles('test').filter((file) =>
      /from '..\/lab\/snapshot\.js'/.test(readFileSync(file, 'utf8')),
    );
    expect(compares).to.deep.equal(['test/old-helpdesk/journey.test.ts']);
    const fresh = (suites: Suite[]) => filesOf(suites.filter(({ isFresh }) => isFresh));
    expect(fresh(suitesOf('all'))).to.deep.equal(compares);
    expect(fresh(suitesOn('6.0', testFiles('test/old-helpdesk')))).to.deep.equal(compares);
    expect(suitesOf('all').find(({ ground }) => ground === '6.0')?.files).to.deep.equal(compares);
  });

  it('run end-to-end tests one by one on a helpdesk that was asked for, too', () => {
    expect(
      suitesOn('6.5', ['test/e2e/a.test.ts', 'test/db/b.test.ts', 'test/db/c.test.ts'], 'mysql'),
    ).to.deep.equal([
      { ground: '6.5', files: ['test/db/b.test.ts', 'test/db/c.test.ts'], database: 'mysql' },
      { ground: '6.5', files: ['test/e2e/a.test.ts'], database: 'mysql' },
    ]);
  });

  it('keep every file when they are shuffled, in an order that the seed determines', () => {
    const plain = filesOf(suitesOf('test'));
    const mixed = filesOf(shuffled(suitesOf('test'), 7));
    expect(mixed).to.not.deep.equal(plain);
    expect([...mixed].sort()).to.deep.equal([...plain].sort());
    expect(filesOf(shuffled(suitesOf('test'), 7))).to.deep.equal(mixed);
    expect(filesOf(shuffled(suitesOf('test'), 8))).to.not.deep.equal(mixed);
  });
});
