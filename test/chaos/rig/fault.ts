import type { World, WorldOptions } from './world.js';

/** One way in which something breaks, and mends again. */
export interface Fault {
  /** What happens, in the present tense. */
  name: string;
  /** With how many sidecars; the short round takes the last number. Default one and two. */
  sidecars?: readonly number[];
  /** Part of the short round, too. */
  short?: boolean;
  world?: Omit<WorldOptions, 'seed' | 'sidecars'>;
  /** Breaks it and mends it. What it finds wrong by itself it throws. */
  play(world: World): Promise<void>;
  /** The provider keeps answers back after it has used the tokens, which nobody can help. */
  withholds?: true;
}
