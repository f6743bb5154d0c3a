// mocha's own spec reporter, which also writes its counts, times and failures to the file named by LAB_RESULTS.
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { reporters, Runner } = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_END, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Runner.constants;
const titleOf = (test) => [path.relative('', test.file ?? ''), ...test.titlePath()].join(' › ');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    const skipped = [];
    const times = [];
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      failed.push({ title: titleOf(test), error });
    });
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push(titleOf(test)));
    runner.on(EVENT_TEST_END, (test) => times.push({ title: titleOf(test), ms: test.duration ?? 0 }));
    runner.once(EVENT_RUN_END, () => {
      // Not before: hooks after the failure may have added what a page showed.
      const texts = failed.map(({ title, error }) => ({ title, error: String(error?.message ?? error) }));
      const results = { passed: this.stats.passes, failed: texts, skipped, times };
      if (process.env.LAB_RESULTS) writeFileSync(process.env.LAB_RESULTS, JSON.stringify(results));
    });
  }
};
