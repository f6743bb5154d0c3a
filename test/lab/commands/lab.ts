import { type InstanceName, instance } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { main, Stop } from '../progress.js';

/** `make lab`, `make lab-stop`: the test instance for single tests by hand. `lab.ts up|down [test|test-6.0|demo]` */
const [what = 'up', name = 'test'] = process.argv.slice(2);

await main(async () => {
  const of = instance(name as InstanceName);
  if (what === 'down') await stopLab(of);
  else if (what === 'up') await startLab(of, { fresh: name !== 'demo' });
  else throw new Stop('lab.ts up|down [test|test-6.0|demo]');
  return 0;
});
