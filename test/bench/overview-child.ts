import { createInterface } from 'node:readline';
import { type InstanceName, instance } from '../lab/instance.js';
import { openOverview } from './overview-times.js';

/**
 * The overview of the instance that LAB_INSTANCE names, measured as standard input asks: `fill 1000`, `measure 20`. The
 * answer to each line is one line of JSON.
 */
const overview = await openOverview(instance((process.env.LAB_INSTANCE ?? 'test') as InstanceName));
try {
  for await (const line of createInterface({ input: process.stdin })) {
    const [what = '', number = ''] = line.split(' ');
    const answer =
      what === 'fill' ? await overview.fill(Number(number)) : await overview.measure(Number(number));
    process.stdout.write(`${JSON.stringify(answer ?? {})}\n`);
  }
} finally {
  await overview.stop();
}
