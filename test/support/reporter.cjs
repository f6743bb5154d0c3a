// mocha's own spec reporter, which also writes its counts to the file named by LAB_RESULTS.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (process.env.LAB_RESULTS)
        writeFileSync(process.env.LAB_RESULTS, JSON.stringify({ passes, failures, pending }));
    });
  }
};
