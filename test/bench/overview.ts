import type { Instance } from '../lab/instance.js';
import type { Line } from './measure.js';
import { AFTER_A_WRITE, openOverview, SEARCHED } from './overview-times.js';

const COUNTS = [10, 1000, 10_000];

/** What a page of the overview costs the sidecar itself with 10, 1,000 and 10,000 configurations. */
export async function measureOverview(of: Instance): Promise<Line[]> {
  const overview = await openOverview(of);
  const times: Record<string, number[]> = {};
  try {
    for (const count of COUNTS) {
      await overview.fill(count);
      for (const [view, ms] of Object.entries(await overview.measure(60)))
        times[view] = [...(times[view] ?? []), ms];
    }
  } finally {
    await overview.stop();
  }
  return Object.entries(times).map(([view, [few = 0, many = 0, most = 0]]) => {
    const flat = view !== AFTER_A_WRITE && view !== SEARCHED;
    return {
      what: `${view.startsWith('bar') ? view : `overview, ${view}`}: ${COUNTS.join(', ')}`,
      ours: [few, many, most].map((ms) => `${ms.toFixed(1)} ms`).join(', '),
      ratio: `${(most / many).toFixed(2)}`,
      target: flat ? '≤ 2 from 1000 to 10000' : '≤ 500 ms with 10000',
      met: flat ? most / many <= 2 : most <= 500,
    };
  });
}
