import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { closing, type Results, readResults, slowest } from '../lab/results.js';
import { judged, secondAttempt } from '../lab/second-attempt.js';
import type { Suite } from '../lab/suites.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const failure = (number: number) => ({ title: `a.test.ts › fails ${number}`, error: `one ${number}\n\ntwo` });
const failures = (count: number) => Array.from({ length: count }, (_, number) => failure(number));
const run = (results: Partial<Results>): Results => ({
  passed: 0,
  failed: [],
  skipped: [],
  times: [],
  ...results,
});

describe('the last lines of make test', () => {
  it('are the totals when everything passed', () => {
    expect(closing([run({ passed: 3 }), run({ passed: 4 })])).to.deep.equal(['7 passed, 0 failed']);
  });

  it('repeat each failure with its message, and list what did not run', () => {
    const failed = [
      { title: 'b.test.ts › an import\n keeps', error: 'expected 1 to equal 2\n\n  at line 3\n' },
    ];
    expect(closing([run({ passed: 3, failed }), run({ skipped: ['c.test.ts › waits'] })])).to.deep.equal([
      '3 passed, 2 failed',
      '✗ b.test.ts › an import keeps',
      '    expected 1 to equal 2',
      '      at line 3',
      '✗ c.test.ts › waits',
      '    Did not run: that counts as a failure.',
    ]);
  });

  it('shorten long messages, so that each failure is among the last 40 lines', () => {
    const long = `${'x'.repeat(1000)}\n`.repeat(30);
    const lines = closing([run({ failed: [{ title: 'a', error: long }] })]);
    expect(lines).to.have.length(8);
    expect(Math.max(...lines.map((line) => line.length))).to.equal(245);
    expect(closing([run({ failed: failures(20) })])).to.have.length(41);
    expect(closing([run({ failed: failures(30) })]).slice(0, 3)).to.deep.equal([
      '0 passed, 30 failed',
      '✗ a.test.ts › fails 0',
      '✗ a.test.ts › fails 1',
    ]);
  });
});

describe('a second attempt', () => {
  const suite = (...files: string[]): Suite => ({ ground: '6.5', files });
  const failed = (...files: string[]) => files.map((file) => ({ title: `${file} › fails`, error: 'once' }));
  const [A, B] = ['test/e2e/a.test.ts', 'test/e2e/b.test.ts'];

  it('runs only the files that failed, and only once', () => {
    const again = secondAttempt(suite(A, B), run({ passed: 4, failed: failed(B, B) }));
    expect(again).to.deep.equal({ ...suite(B), failedBefore: failed(B, B) });
    expect(again && secondAttempt(again, run({ failed: failed(B) }))).to.equal(null);
    expect(secondAttempt(suite(A), run({ passed: 4 }))).to.equal(null);
  });

  it('is not for tests that must pass the first time, nor for a run that ended early', () => {
    for (const file of ['chaos', 'db', 'unit', 'guard', 'oauth'].map((name) => `test/${name}/a.test.ts`))
      expect(secondAttempt(suite(A, file), run({ failed: failed(A, file) })), file).to.equal(null);
    const ended = [{ title: `${A} ${B}`, error: 'mocha ended' }];
    expect(secondAttempt(suite(A, B), run({ failed: ended }))).to.equal(null);
  });

  it('that passes is told beside the totals; one that fails counts as the failure', () => {
    const once = failed(A);
    expect(closing([run({ passed: 3 }), judged(once, run({ passed: 2 }))])).to.deep.equal([
      '4 passed, 0 failed, 1 passed only in the second attempt',
      `? ${A} › fails`,
      '    once',
    ]);
    const twice = judged(once, run({ passed: 1, failed: failed(A) }));
    expect(closing([run({ passed: 3 }), twice])).to.deep.equal([
      '3 passed, 1 failed',
      `✗ ${A} › fails`,
      '    once',
    ]);
  });
});

describe('the slowest tests', () => {
  it('are the twenty that took longest across all runs', () => {
    const times = (count: number, ms: number) =>
      Array.from({ length: count }, (_, at) => ({ title: `${ms} ms, number ${at}`, ms: ms + at }));
    const lines = slowest([run({ times: times(15, 100) }), run({ times: times(15, 2000) })]);
    expect(lines).to.have.length(21);
    expect(lines.slice(0, 2)).to.deep.equal(['The slowest tests:', '    2.0 s  2000 ms, number 14']);
    expect(lines.at(-1)).to.equal('    0.1 s  100 ms, number 10');
    expect(slowest([run({})])).to.deep.equal([]);
  });
});

describe('the results of a mocha run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'oauth2-results-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  let measured: string[];
  const mocha = (source: string): Omit<Results, 'times'> => {
    const test = path.join(folder, 'some.test.cjs');
    const results = path.join(folder, 'results.json');
    writeFileSync(test, source);
    const args = ['--no-config', '--reporter', path.join(ROOT, 'test/support/reporter.cjs'), test];
    const { status } = spawnSync(
      process.execPath,
      [path.join(ROOT, 'node_modules/mocha/bin/mocha.js'), ...args],
      {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '', LAB_RESULTS: results },
      },
    );
    const { times, ...read } = readResults(results, status ?? 1, 'all of it');
    measured = times.map(({ title }) => title);
    return read;
  };

  it('name what passed, failed and did not run, hooks included', () => {
    const found = mocha(`
      describe('sums', () => {
        it('add', () => {});
        it('carry', () => { throw new Error('no carry'); });
        it('never run');
        describe('set up', () => {
          before('the lab', () => { throw new Error('no lab'); });
          it('is not reached', () => {});
        });
      });`);
    expect(found).to.deep.equal({
      passed: 1,
      failed: [
        { title: 'some.test.cjs › sums › carry', error: 'no carry' },
        {
          title: 'some.test.cjs › sums › set up › "before all" hook: the lab for "is not reached"',
          error: 'no lab',
        },
      ],
      skipped: ['some.test.cjs › sums › never run'],
    });
    expect(measured).to.include('some.test.cjs › sums › add');
  });

  it('are a failure when the run was cut off, or failed without a failed test', () => {
    const error = 'mocha ended with exit code 7 before it was done: see its output above.';
    const broken = { passed: 0, failed: [{ title: 'all of it', error }], skipped: [] };
    expect(mocha('process.exit(7)')).to.deep.equal(broken);
    expect(mocha("it('adds', () => {}); process.on('exit', () => process.exit(7));")).to.deep.equal({
      ...broken,
      passed: 1,
    });
  });
});
