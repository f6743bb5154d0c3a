import type { World, WorldOptions } from './world.js';

export interface Ground extends Pick<WorldOptions, 'sidecar' | 'servers'> {
  /** Removes it again. */
  end(): Promise<void> | void;
}

/** One way in which something breaks, and recovers. */
export interface Fault {
  /** What happens, in the present tense. */
  name: string;
  /** The numbers of sidecars; the short round uses the last one. Default one, two and three; in the short round two. */
  sidecars?: readonly number[];
  /** Part of the short round as well. */
  short?: boolean;
  world?: Omit<WorldOptions, 'seed' | 'sidecars'>;
  /** What must exist before the sidecars start, such as a small disk. */
  ground?(): Promise<Ground>;
  /** Breaks it and repairs it. Throws what it finds wrong itself. */
  play(world: World, ground: Ground | undefined): Promise<void>;
  /**
   * The helpdesk's own Perl takes no lease, so where tokens have ended both may use one: the number is printed. At most
   * this many grants may die of it.
   */
  doubles?: number;
  /** The provider withholds answers after it has used the tokens, which nobody can prevent. */
  withholds?: true;
}
