/** The relay's figures for one protocol. */
export interface RelayFigures {
  connections: number;
  /** … of those, signed in. */
  relayed: number;
  /** Bytes towards the mail server. */
  sent: number;
  received: number;
}

/** Metrics for Prometheus. */
export interface Metrics {
  tokenRequest(host: string, outcome: string, seconds: number): void;
  /** Counts a configuration that has changed to this state. */
  stateChanged(state: string): void;
  /** Counts an attempt to send an alert over this channel. */
  alert(channel: string, outcome: 'sent' | 'failed'): void;
  /** Says whether each channel that is switched on works. */
  alertChannels(works: ReadonlyMap<string, boolean>): void;
  request(status: number, seconds: number): void;
  /** Registers the renewal service, so that its figures can be read. */
  watchRenewals(renewals: {
    /** Since when the renewal that has waited longest has been waiting. */
    waitingSince(): Date | null;
    secondsSincePass(): number;
    /** Configurations without a due time that were found since the start. */
    forgotten(): number;
  }): void;
  /** Registers who knows whether fetching as a whole has stopped; null: nobody has looked yet. */
  watchFetching(isStopped: () => boolean | null): void;
  /** Counts a connection of the relay that has ended, and why. */
  relayed(protocol: string, outcome: string): void;
  /** Registers the relay: its connections now, and the bytes that it has passed since the start. */
  watchRelay(figures: () => Record<string, RelayFigures>): void;
  /** The text format of Prometheus, with current figures. */
  text(): Promise<{ type: string; body: string }>;
}
