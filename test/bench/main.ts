import { instance } from '../lab/instance.js';
import { startLab, stopLab } from '../lab/lab.js';
import { main, say, step } from '../lab/progress.js';
import { table } from './measure.js';
import { measureOverview } from './overview.js';
import { measureRenewals } from './renewals.js';
import { measureScreens } from './screens.js';

/** `make bench`: the sidecar beside the built-in screens, on the same helpdesk in the same run. ONLY=screens, overview or renewals narrows it. */
const of = instance('test');
const only = process.env.ONLY ?? '';

await main(async () => {
  try {
    await startLab(of, { fresh: true });
    const lines = [
      ...(only !== '' && only !== 'screens'
        ? []
        : await step('Measure the screens', () => measureScreens(of))),
      ...(only === '' || only === 'overview'
        ? await step('Measure the overview by its size', () => measureOverview(of))
        : []),
      ...(only !== '' && only !== 'renewals'
        ? []
        : await step('Measure the renewals', () => measureRenewals(of))),
    ];
    say(`\n${table(lines)}`);
  } finally {
    await stopLab(of);
  }
  return 0;
});
