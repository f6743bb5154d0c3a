import { existsSync, readFileSync } from 'node:fs';

/** The results of one mocha run, as test/support/reporter.cjs writes them. */
export interface Results {
  passed: number;
  /** Title with file and suites, and the error's message. A failed hook counts as a test. */
  failed: { title: string; error: string }[];
  skipped: string[];
  /** How long each test took, in milliseconds. */
  times: { title: string; ms: number }[];
  /** Failed first, and passed in the second attempt (second-attempt.ts). */
  unstable?: Results['failed'];
}

/** Of a long output people see the end only: the failures take no more lines than this. */
const LINES = 40;
const LONGEST = 240;

const short = (line: string): string => (line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line);

/** The results in a file; a run that wrote none, or failed without a failed test, counts as one failure. */
export function readResults(file: string, exitCode: number, what: string): Results {
  const results: Results = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { passed: 0, failed: [], skipped: [], times: [] };
  if (existsSync(file) && (exitCode === 0 || results.failed.length > 0)) return results;
  const error = `mocha ended with exit code ${exitCode} before it was done: see its output above.`;
  return { ...results, failed: [...results.failed, { title: what, error }] };
}

/** The twenty slowest tests, the slowest first. */
export function slowest(all: readonly Results[]): string[] {
  const times = all.flatMap((results) => results.times).sort((a, b) => b.ms - a.ms);
  const lines = times
    .slice(0, 20)
    .map(({ title, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${short(title)}`);
  return lines.length === 0 ? [] : ['The slowest tests:', ...lines];
}

/**
 * The last lines of `make test`: the totals, then each failure once more with the first lines of its message, as many
 * as there is room for. A test that did not run is a failure.
 */
export function closing(all: readonly Results[]): string[] {
  const passed = all.reduce((sum, results) => sum + results.passed, 0);
  const failures = all.flatMap(({ failed, skipped }) => [
    ...failed,
    ...skipped.map((title) => ({ title, error: 'Did not run: that counts as a failure.' })),
  ]);
  const unstable = all.flatMap((results) => results.unstable ?? []);
  const totals = `${passed} passed, ${failures.length} failed`;
  const room = Math.max(0, Math.floor(LINES / (failures.length + unstable.length)) - 1);
  return [
    unstable.length === 0 ? totals : `${totals}, ${unstable.length} passed only in the second attempt`,
    ...[
      ...unstable.map((one) => ({ ...one, mark: '?' })),
      ...failures.map((one) => ({ ...one, mark: '✗' })),
    ].flatMap(({ title, error, mark }) => [
      `${mark} ${short(title.replace(/\s+/g, ' '))}`,
      ...error
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(0, Math.min(room, 6))
        .map((line) => `    ${short(line)}`),
    ]),
  ];
}
