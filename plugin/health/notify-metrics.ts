import type { Notifier } from '../domain/mailbox/state-change.js';
import type { Metrics } from '../domain/metrics.js';

/** Counts state changes for Prometheus. */
export const notifyMetrics = (metrics: Pick<Metrics, 'stateChanged'>): Notifier => ({
  name: 'metrics',
  async notify(changes) {
    for (const { from, to } of changes) if (from !== null) metrics.stateChanged(to);
  },
});
