import { instance } from '../lab/instance.js';
import { startLab, stopLab } from '../lab/lab.js';
import { main, say, step } from '../lab/progress.js';
import { table } from './measure.js';
import { measureRenewals } from './renewals.js';
import { measureScreens } from './screens.js';

/** `make bench`: the sidecar beside the built-in screens, on the same helpdesk in the same run. ONLY=screens or renewals narrows it. */
const of = instance('test');
const only = process.env.ONLY ?? '';

await main(async () => {
  try {
    await startLab(of, { fresh: true });
    const lines = [
      ...(only === 'renewals' ? [] : await step('Measure the screens', () => measureScreens(of))),
      ...(only === 'screens' ? [] : await step('Measure the renewals', () => measureRenewals(of))),
    ];
    say(`\n${table(lines)}`);
  } finally {
    await stopLab(of);
  }
  return 0;
});
