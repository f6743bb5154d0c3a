/** One thing that is changed on this machine or in the database. */
export interface Action {
  /** What is done: `create the database user oauth2_sidecar@localhost`. Empty: nothing that a person need know. */
  what: string;
  /** How a person would do it by hand, as shell commands or SQL; without secrets. */
  byHand?: string[];
  run(): Promise<void>;
}

/**
 * One part of an installation. What is to be done is found out by looking, never remembered: so a run that was
 * interrupted goes on where it stopped, a second one does nothing, and everything can be undone from any state.
 */
export interface Step {
  title: string;
  /** What is missing, in order. Nothing is changed by asking. */
  todo(): Promise<Action[]>;
  /** What is there and would be taken away, in order. */
  undo(): Promise<Action[]>;
}

export interface Report {
  step(title: string): void;
  /** An action that was done, or that would be. */
  action(action: Action): void;
}

/**
 * Asks each step in turn, and does what it says unless this is a dry run.
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
