import { type InstanceName, instance } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { main, Stop } from '../progress.js';

/**
 * `make lab`, `make lab-stop`: the instance for single tests by hand, `test` or what LAB_INSTANCE names.
 * `lab.ts up|down [test|test-6.0|test-pg|demo]`
 */
const [what = 'up', name = process.env.LAB_INSTANCE || 'test'] = process.argv.slice(2);

await main(async () => {
  const of = instance(name as InstanceName);
  if (what === 'down') await stopLab(of);
  else if (what === 'up') await startLab(of, { fresh: name !== 'demo' });
  else throw new Stop('lab.ts up|down [test|test-6.0|test-pg|demo]');
  return 0;
});
