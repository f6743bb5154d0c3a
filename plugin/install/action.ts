/** One change on this machine or in the database. */
export interface Action {
  /** What it does: `create the database user oauth2_sidecar@localhost`. Empty: not worth telling. */
  what: string;
  /** How an admin would do it by hand, as shell commands or SQL; without secrets. */
  byHand?: string[];
  run(): Promise<void>;
}

/**
 * One part of an installation. It inspects the machine and remembers nothing. So an interrupted run continues
 * where it stopped, a second run does nothing, and everything can be undone from any state.
 */
export interface Step {
  title: string;
  /** What is missing, in order. Changes nothing. */
  todo(): Promise<Action[]>;
  /** What is there and would be removed, in order. */
  undo(): Promise<Action[]>;
}

export interface Report {
  step(title: string): void;
  /** An action that was carried out, or would be. */
  action(action: Action): void;
}

/**
 * Asks each step in order for its actions, and runs them unless this is a dry run.
 * @returns the number of actions
 */
export async function carryOut(
  steps: readonly Step[],
  direction: 'todo' | 'undo',
  report: Report,
  dryRun: boolean,
): Promise<number> {
  let count = 0;
  for (const step of direction === 'todo' ? steps : [...steps].reverse()) {
    const actions = await step[direction]();
    if (actions.length > 0) report.step(step.title);
    for (const action of actions) {
      if (!dryRun) await action.run();
      if (action.what === '') continue;
      report.action(action);
      count += 1;
    }
  }
  return count;
}
