import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CREDENTIALS, type Instance } from '../lab/instance.js';
import { headReader, type Reader, readers } from './limit-readers.js';
import { type Line, median } from './measure.js';

const ROUNDS = 7;
/**
 * Linear is 2 and 4. Half as much again is allowed, because linear work grows a little by itself: sorting, caches of the
 * processor, garbage collection. Quadratic work takes 16 times as long, n × √n 8 times.
 */
const MOST_GROWTH = { twice: 3, fourTimes: 6 };
/** Milliseconds below which noise exceeds what is measured. */
const NOISE = 2;

/** Milliseconds for the notification bar's fragment, which is part of each page of an admin: the most ordinary request. */
async function ordinaryRequest(of: Instance): Promise<number> {
  const { session } = await import('../support/session.js');
  const admin = await session(CREDENTIALS.admin, of.urls.helpdesk);
  return median(40, () => admin.get('Action=AdminOAuth2TokenManagement;Subaction=Bar'));
}

interface Cost {
  /** Milliseconds of the processor at a quarter, half and all of the limit. */
  times: number[];
  /** For how many milliseconds the event loop stood still at most. */
  held: number;
}

const settle = () => new Promise((done) => setTimeout(done, 5));

/**
 * Measures a reader. The times are those of this process on the processor, and of several rounds the least counts, because
 * other programs of the machine can only add.
 */
async function costOf(read: Reader[2], limit: number): Promise<Cost> {
  const times: number[] = [];
  let held = 0;
  for (const size of [limit / 4, limit / 2, limit]) {
    const work = read(Math.floor(size));
    await work();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    let [took, longest] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < ROUNDS; round++) {
      delay.reset();
      delay.enable();
      // The monitor counts from its first tick on.
      await settle();
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      await settle();
      delay.disable();
      took = Math.min(took, (user + system) / 1000);
      longest = Math.min(longest, delay.max / 1e6);
    }
    times.push(took);
    held = Math.max(held, longest);
  }
  return { times, held };
}

/** What each reader costs at a quarter, half and all of its limit, and for how long it holds the event loop. */
export async function measureLimits(of: Instance): Promise<Line[]> {
  const ordinary = await ordinaryRequest(of);
  const head = await headReader();
  const lines: Line[] = [];
  for (const [what, limit, read] of readers(head.ask)) {
    const { times, held } = await costOf(read, limit);
    const [one = 0, two = 0, four = 0] = times;
    const isLinear = (large: number, small: number, most: number) => large < NOISE || large <= most * small;
    lines.push({
      what: `${what}: 1×, 2×, 4×`,
      ours: times.map((time) => `${time.toFixed(1)} ms`).join(', '),
      ratio: `${(two / one).toFixed(1)}, ${(four / one).toFixed(1)}`,
      target: `2× ≤ ${MOST_GROWTH.twice}, 4× ≤ ${MOST_GROWTH.fourTimes}`,
      met: isLinear(two, one, MOST_GROWTH.twice) && isLinear(four, one, MOST_GROWTH.fourTimes),
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
