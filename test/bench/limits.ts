import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CREDENTIALS, type Instance } from '../lab/instance.js';
import { headReader, readers } from './limit-readers.js';
import { type Line, median, medianOf, timed } from './measure.js';

const ROUNDS = 5;
/** Linear is 4 and quadratic 16; below a millisecond, noise exceeds what is measured. */
const MOST_GROWTH = 10;
const NOISE = 2;

/** Milliseconds for the notification bar's fragment, which is part of each page of an admin: the most ordinary request. */
async function ordinaryRequest(of: Instance): Promise<number> {
  const { session } = await import('../support/session.js');
  const admin = await session(CREDENTIALS.admin, of.urls.helpdesk);
  return median(40, () => admin.get('Action=AdminOAuth2TokenManagement;Subaction=Bar'));
}

/** The cost of each reader at a quarter, half and all of its limit, and how long it blocks the event loop. */
export async function measureLimits(of: Instance): Promise<Line[]> {
  const ordinary = await ordinaryRequest(of);
  const head = await headReader();
  const lines: Line[] = [];
  for (const [what, limit, read] of readers(head.ask)) {
    const times: number[] = [];
    let held = 0;
    for (const size of [limit / 4, limit / 2, limit]) {
      const work = read(Math.floor(size));
      await work();
      const delay = monitorEventLoopDelay({ resolution: 1 });
      const took: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        await new Promise((done) => setTimeout(done, 5));
        delay.enable();
        took.push(await timed(async () => work()));
        await new Promise((done) => setTimeout(done, 5));
        delay.disable();
      }
      times.push(medianOf(took));
      held = Math.max(held, delay.max / 1e6);
    }
    const [one = 0, two = 0, four = 0] = times;
    const growth = four / one;
    lines.push({
      what: `${what}: 1×, 2×, 4×`,
      ours: times.map((time) => `${time.toFixed(1)} ms`).join(', '),
      ratio: `${(two / one).toFixed(1)}, ${growth.toFixed(1)}`,
      target: `4× ≤ ${MOST_GROWTH}`,
      met: growth <= MOST_GROWTH || four < NOISE,
    });
    lines.push({
      what: '  holds the event loop for at most',
      ours: `${held.toFixed(0)} ms`,
      target: `< ${(100 * ordinary).toFixed(0)} ms, 100 ordinary requests`,
      met: held < 100 * ordinary,
    });
  }
  head.close();
  return lines;
}
