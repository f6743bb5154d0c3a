import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../domain/clock.js';
import type { MailFigures } from '../domain/mailbox/mailbox-figures.js';
import type { Metrics } from '../domain/metrics.js';
import type { AnswerJournal } from '../domain/token/answer-journal.js';
import type { RenewalFigures, RenewalStore } from '../domain/token/renewal-store.js';
import { type ErrorCode, SidecarError } from '../errors.js';
import { createMailMetrics } from './mail-metrics.js';
import { createRelayMetrics } from './relay-metrics.js';

export interface MetricsDeps {
  renewals: Pick<RenewalStore, 'figures'>;
  journal: Pick<AnswerJournal, 'length' | 'unreadable' | 'failedWrites'>;
  /** Figures of the mailboxes. */
  mail: () => Promise<MailFigures>;
  clock: Clock;
  /**
   * How long the database may take for the figures, in milliseconds; less than the 10 s that Prometheus
   * waits.
   */
  patience?: number;
}

/** Errors that say that the database does not answer at the moment. */
const PASSING: ErrorCode[] = ['database-unavailable', 'database-busy'];

const PREFIX = 'oauth2_sidecar_';

/** Metrics for Prometheus; docs/operations.md explains each and what to do when it moves. */
export function createMetrics({ renewals, journal, mail, clock, patience = 3000 }: MetricsDeps): Metrics {
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
  const database = gauge('database_up', '1 while the database answers; 0: its figures are missing here');
  const entries = gauge('journal_entries', 'Answers of providers that are not in the database yet');
  const unreadable = gauge('journal_unreadable', 'Files of the journal that cannot be read');
  const failedWrites = new Counter({
    name: `${PREFIX}journal_write_failures_total`,
    help: 'Files of the journal that could not be written since the start; their answers were kept in memory only',
    registers,
  });
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

  const changes = new Counter({
    name: `${PREFIX}state_changes_total`,
    help: 'Configurations that came into another state, by the new one',
    labelNames: ['state'],
    registers,
  });

  const alerts = new Counter({
    name: `${PREFIX}alerts_total`,
    help: 'Attempts to send an alert or a heartbeat by channel and outcome',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const alertChannels = gauge(
    'alert_channel_up',
    '1 while alerts are delivered through the channel; 0: it is not configured correctly, or has failed for a while',
    ['channel'],
  );

  const forgotten = gauge(
    'forgotten',
    'Configurations that can be renewed and have neither a due time nor a running lease',
  );
  const sinceLook = gauge('seconds_since_look', 'Seconds since a pass over the due list completed');
  const found = new Counter({
    name: `${PREFIX}forgotten_total`,
    help: 'Such configurations that were found and made due',
    registers,
  });

  const mailMetrics = createMailMetrics(PREFIX, registers);
  const relayMetrics = createRelayMetrics(PREFIX, registers);
  let isFetchingStopped = (): boolean | null => null;

  /** How many of the found configurations the counter already includes. */
  let counted = 0;
  let renewalService: Parameters<Metrics['watchRenewals']>[0] | undefined;

  async function show(known: { renewals: RenewalFigures; mail: MailFigures } | null): Promise<void> {
    const figures = known?.renewals ?? null;
    relayMetrics.show();
    mailMetrics.show(known?.mail ?? null, isFetchingStopped());
    const now = clock().getTime();
    tokens.reset();
    // Not reset(): it sets a gauge without labels to 0, which would mean "ends now" where no end is known.
    for (const end of [nearest, grant]) end.remove();
    for (const [state, number] of Object.entries(figures?.byState ?? {})) tokens.set({ state }, number);
    if (figures?.nearestEnd) nearest.set((figures.nearestEnd.getTime() - now) / 1000);
    if (figures?.nearestGrantEnd) grant.set((figures.nearestGrantEnd.getTime() - now) / 1000);
    const waits = [figures?.dueSince ?? null, renewalService?.waitingSince() ?? null].map((since) =>
      since ? (now - since.getTime()) / 1000 : 0,
    );
    lag.set(Math.max(...waits));
    forgotten.remove();
    if (figures) forgotten.set(figures.forgotten);
    sinceLook.set(renewalService?.secondsSincePass() ?? 0);
    const total = renewalService?.forgotten() ?? 0;
    found.inc(total - counted);
    counted = total;
    database.set(figures ? 1 : 0);
    entries.set(await journal.length());
    unreadable.set(await journal.unreadable());
    failedWrites.reset();
    failedWrites.inc(journal.failedWrites());
  }

  let asking: Promise<{ renewals: RenewalFigures; mail: MailFigures }> | undefined;

  const ask = async () => {
    const [ofRenewals, ofMail] = await Promise.all([renewals.figures(clock()), mail()]);
    return { renewals: ofRenewals, mail: ofMail };
  };

  /**
   * @returns null while the database is unavailable or hangs: that is when the journal's figures matter most
   */
  async function readFigures(): Promise<Awaited<ReturnType<typeof ask>> | null> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, patience, null);
    });
    try {
      return await Promise.race([asking, late]);
    } catch (error) {
      if (error instanceof SidecarError && PASSING.includes(error.code)) return null;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    tokenRequest(host, outcome, seconds) {
      attempts.inc({ host, outcome });
      durations.observe({ host }, seconds);
    },
    watchRenewals(watched) {
      renewalService = watched;
    },
    watchFetching(isStopped) {
      isFetchingStopped = isStopped;
    },
    relayed: relayMetrics.ended,
    watchRelay: relayMetrics.watch,
    alert: (channel, outcome) => alerts.inc({ channel, outcome }),
    alertChannels(works) {
      alertChannels.reset();
      for (const [channel, isWell] of works) alertChannels.set({ channel }, isWell ? 1 : 0);
    },
    stateChanged: (state) => changes.inc({ state }),
    request: (status, seconds) => requests.observe({ status: String(status) }, seconds),
    async text() {
      await show(await readFigures());
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}
