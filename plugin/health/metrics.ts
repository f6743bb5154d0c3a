import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AnswerJournal, Clock, Metrics, RenewalFigures, RenewalStore } from '../domain/ports.js';

export interface MetricsDeps {
  renewals: Pick<RenewalStore, 'figures'>;
  journal: Pick<AnswerJournal, 'length'>;
  clock: Clock;
}

const PREFIX = 'oauth2_sidecar_';

/** Figures for Prometheus; docs/operations.md says what each means and what to do when it moves. */
export function createMetrics({ renewals, journal, clock }: MetricsDeps): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers });
  const tokens = gauge('tokens', 'Token configurations by their state', ['state']);
  const nearest = gauge(
    'nearest_expiry_seconds',
    'Seconds until the next access token ends; negative: ended',
  );
  const grant = gauge(
    'nearest_refresh_token_end_seconds',
    'Seconds until the next refresh token dies, as its provider says or by its rule for idle grants',
  );
  const lag = gauge('due_lag_seconds', 'Since when the most overdue renewal waits, here or in the due list');
  const entries = gauge('journal_entries', 'Answers of providers that are not in the database yet');
  const attempts = new Counter({
    name: `${PREFIX}renewals_total`,
    help: 'Requests to token endpoints by outcome and host',
    labelNames: ['outcome', 'host'],
    registers,
  });
  const durations = new Histogram({
    name: `${PREFIX}token_request_duration_seconds`,
    help: 'Duration of requests to token endpoints',
    labelNames: ['host'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const requests = new Histogram({
    name: `${PREFIX}request_duration_seconds`,
    help: 'Duration of requests to the sidecar by status',
    labelNames: ['status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });

  let keeper: { waitingSince(): Date | null } | undefined;

  async function show(figures: RenewalFigures): Promise<void> {
    const now = clock().getTime();
    tokens.reset();
    for (const [state, number] of Object.entries(figures.byState)) tokens.set({ state }, number);
    nearest.reset();
    if (figures.nearestEnd) nearest.set((figures.nearestEnd.getTime() - now) / 1000);
    grant.reset();
    if (figures.nearestGrantEnd) grant.set((figures.nearestGrantEnd.getTime() - now) / 1000);
    const waits = [figures.dueSince, keeper?.waitingSince() ?? null].map((since) =>
      since ? (now - since.getTime()) / 1000 : 0,
    );
    lag.set(Math.max(...waits));
    entries.set(await journal.length());
  }

  return {
    tokenRequest(host, outcome, seconds) {
      attempts.inc({ host, outcome });
      durations.observe({ host }, seconds);
    },
    watchKeeper(watched) {
      keeper = watched;
    },
    request: (status, seconds) => requests.observe({ status: String(status) }, seconds),
    async text() {
      await show(await renewals.figures(clock()));
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}
