import type { Results } from './results.js';
import type { Suite } from './suites.js';

/**
 * Tests that wait for genuine servers, browsers and booted machines. All others must pass the first time: those of
 * test/chaos above all, where one failure in ten runs is a lost token.
 */
const MAY_REPEAT = /^test\/(e2e|old-helpdesk|postgres)\//;

const fileOf = ({ title }: { title: string }) => title.split(' › ')[0] ?? '';

/**
 * The files of a suite that failed, to run once more on a fresh lab, after all others.
 * @returns null: all passed, it was the second attempt, or a file failed that must pass the first time
 */
export function secondAttempt(suite: Suite, { failed }: Results): Suite | null {
  const files = [...new Set(failed.map(fileOf))];
  const mayRepeat = (file: string) => suite.files.includes(file) && MAY_REPEAT.test(file);
  if (suite.failedBefore || files.length === 0 || !files.every(mayRepeat)) return null;
  return { ...suite, files, failedBefore: failed };
}

/** The results of a second attempt, without the tests that the first one has counted. */
export function judged(failedBefore: Results['failed'], results: Results): Results {
  return results.failed.length > 0
    ? { ...results, passed: 0 }
    : { ...results, passed: failedBefore.length, unstable: failedBefore };
}
