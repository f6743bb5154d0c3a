import type { StateKind } from '../token/token-state.js';

/** A configuration is in another state than the one that was told last. Holds no secret. */
export interface StateChange {
  configId: number;
  /** The configuration's name at that time. */
  name: string;
  /** null: its state is told for the first time. */
  from: StateKind | null;
  to: StateKind;
  /** An error or a warning: somebody must act. */
  needsAttention: boolean;
  /** When the change was found. */
  at: Date;
}

/** Tells people or programs of changes. What it throws is logged and keeps no other notifier from its work. */
export interface Notifier {
  /** Named in the log. */
  name: string;
  notify(changes: readonly StateChange[]): Promise<void>;
}

/** Which states have been told: columns of `oauth2_sidecar_renewal`. */
export interface StateChangeStore {
  /**
   * Takes changes that nobody has taken yet: each goes to one caller, whatever the number of sidecars, and into the history
   * in the same transaction. Those whose rows are locked stay for the next time.
   * @param limit how many at most
   */
  take(now: Date, limit: number): Promise<StateChange[]>;
}
