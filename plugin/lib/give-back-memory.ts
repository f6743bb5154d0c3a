import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often it is checked whether the process is at rest, in milliseconds. */
const CHECK = 20_000;
/** At rest it uses less than this share of a processor. */
const REST = 0.05;
/** What the heap must have grown by since, in bytes: less is not worth the work. */
const GROWTH = 8 * 1024 * 1024;

/** What the process says of itself; replaced in tests. */
export interface ProcessFigures {
  /** Milliseconds of processor time so far. */
  cpu(): number;
  /** Bytes that the heap has taken from the system. */
  heap(): number;
  /** Looks for garbage in the whole heap, and gives back what is free. */
  collect(): void;
}

/** V8 itself has no reason to look at an old heap again while next to nothing is allocated. */
function figures(): ProcessFigures {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return {
    cpu() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    heap: () => process.memoryUsage().heapTotal,
    collect,
  };
}

/**
 * Gives memory back to the system when the process comes to rest after a lot of work, such as a sweep of many due tokens:
 * otherwise the heap stays as large as the most work ever made it.
 * @returns to be called at each check, with the milliseconds since the last one
 */
export function createRestWatch({ cpu, heap, collect }: ProcessFigures): (elapsed: number) => void {
  let usedBefore = cpu();
  let after = heap();
  return (elapsed) => {
    const used = cpu();
    const isAtRest = used - usedBefore < REST * elapsed;
    usedBefore = used;
    if (!isAtRest || heap() - after < GROWTH) return;
    collect();
    after = heap();
    usedBefore = cpu();
  };
}

/** Checks now and then, as long as the process lives; keeps it from ending by no means. */
export function giveBackMemory(): void {
  const check = createRestWatch(figures());
  setInterval(() => check(CHECK), CHECK).unref();
}
