import type { World, WorldOptions } from './world.js';

export interface Ground extends Pick<WorldOptions, 'sidecar' | 'servers'> {
  /** Takes it away again. */
  end(): Promise<void> | void;
}

/** One way in which something breaks, and mends again. */
export interface Fault {
  /** What happens, in the present tense. */
  name: string;
  /** With how many sidecars; the short round takes the last number. Default one, two and three; in the short round two. */
  sidecars?: readonly number[];
  /** Part of the short round, too. */
  short?: boolean;
  world?: Omit<WorldOptions, 'seed' | 'sidecars'>;
  /** What must be there before the sidecars are, such as a small disk. */
  ground?(): Promise<Ground>;
  /** Breaks it and mends it. What it finds wrong by itself it throws. */
  play(world: World, ground: Ground | undefined): Promise<void>;
  /**
   * The helpdesk's own Perl takes no lease, so where tokens have ended both may use one: the figure is printed. At most so
   * many grants may die of it.
   */
  doubles?: number;
  /** The provider keeps answers back after it has used the tokens, which nobody can help. */
  withholds?: true;
}
