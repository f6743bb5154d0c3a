/** Figures for Prometheus. */
export interface Metrics {
  tokenRequest(host: string, outcome: string, seconds: number): void;
  /** A configuration is in another state than before. */
  stateChanged(state: string): void;
  request(status: number, seconds: number): void;
  /** Whom to ask how its looks at the due list go. */
  watchRenewals(renewals: {
    /** Since when the first renewal waits for its turn. */
    waitingSince(): Date | null;
    secondsSinceLook(): number;
    /** Configurations without a due time that were found since the start. */
    forgotten(): number;
  }): void;
  /** The text format of Prometheus, with figures read now. */
  text(): Promise<{ type: string; body: string }>;
}
