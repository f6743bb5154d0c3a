/** A configuration whose state differs from the one reported last. Contains no secret. */
export interface StateChange {
  configId: number;
  /** The configuration's name at that time. */
  name: string;
  /** null: its state is reported for the first time. */
  from: string | null;
  /** A `StateKind`. */
  to: string;
  /** An error or a warning: somebody must act. */
  needsAttention: boolean;
  /** When the change was found. */
  at: Date;
}

/**
 * Reports state changes to people or programs. What it throws is logged and does not stop other notifiers.
 */
export interface Notifier {
  /** Its name in the log. */
  name: string;
  notify(changes: readonly StateChange[]): Promise<void>;
}

/** Which states have been reported: columns of `oauth2_sidecar_renewal`. */
export interface StateChangeStore {
  /**
   * Takes changes that nobody has taken yet. Each goes to one caller, however many sidecars there are, and
   * into the history in the same transaction. Changes in locked rows are left for a later call. A call
   * continues where the last one ended, and the one after the last page starts again.
   * @param limit how many at most
   */
  take(now: Date, limit: number): Promise<StateChange[]>;
}
