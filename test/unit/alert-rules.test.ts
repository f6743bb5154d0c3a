import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { ShownSeverity } from '../../plugin/domain/mailbox/mailbox-figures.js';
import { STATE_KINDS } from '../../plugin/domain/token/token-state.js';
import { SidecarError } from '../../plugin/errors.js';
import { createMetrics } from '../../plugin/health/metrics.js';
import { fixedClock } from '../support/fixed-clock.js';

interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

const shipped = (name: string) =>
  readFileSync(new URL(`../../docs/prometheus/oauth2-sidecar.${name}.yml`, import.meta.url), 'utf8');
const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const fetching = (lastAt: Date | null) => ({
  isStopped: false,
  cause: null,
  since: null,
  accountId: null,
  mailbox: '',
  lastAt,
  mailboxes: 4,
});
const noMail = async () => ({ fetching: fetching(null), counts: [], mailboxes: [] });
const [group] = (parse(shipped('rules')) as { groups: { name: string; rules: Rule[] }[] }).groups;
const rules = group?.rules ?? [];

const mailbox = (account: number | 'smtp', severity: ShownSeverity = 'ok') => ({
  account,
  state: severity === 'ok' ? 'fetched' : 'failing',
  severity,
  succeededAt: new Date(1_789_999_000_000),
  failures: severity === 'ok' ? 0 : 5,
});
const MAIL = {
  counts: [
    { state: 'failing', severity: 'error' as const, mailboxes: 1 },
    { state: 'failing', severity: 'muted' as const, mailboxes: 1 },
    { state: 'fetched', severity: 'ok' as const, mailboxes: 2 },
  ],
  mailboxes: [mailbox(7, 'error'), mailbox(8, 'muted'), mailbox(9), mailbox('smtp')],
};

/** States for which nobody is alerted, or which have no remedy beside their sentence. */
const QUIET = ['valid', 'renewing', 'switched-off', 'never-requested', 'not-renewable', 'other-mailbox'];

describe('alert rules of docs/prometheus', () => {
  it('each have a row that says what to do, at the top of docs/operations.md', () => {
    const top = page.slice(0, page.indexOf('\n## Environment'));
    for (const { alert } of rules)
      expect(top, alert).to.match(new RegExp(`^\\| [^|]*\`${alert}\`[^|]*\\|[^|]+\\|[^|]{20,}\\|$`, 'm'));
    for (const state of STATE_KINDS.filter((kind) => !QUIET.includes(kind)))
      expect(top).to.contain(`\`${state}\``);
  });

  it('use only metrics that exist', async () => {
    const clock = fixedClock();
    const in90s = new Date(clock().getTime() + 90_000);
    const metrics = createMetrics({
      renewals: {
        figures: async () => ({
          byState: { valid: 3, unknown: 1 },
          nearestEnd: in90s,
          nearestGrantEnd: in90s,
          dueSince: new Date(clock().getTime() - 7000),
          forgotten: 3,
        }),
      },
      journal: { length: async () => 2, unreadable: async () => 3, failedWrites: () => 5 },
      mail: async () => ({ fetching: fetching(new Date(1_790_000_000_000)), ...MAIL }),
      clock,
    });
    metrics.watchRenewals({
      waitingSince: () => new Date(clock().getTime() - 65_000),
      secondsSincePass: () => 75,
      forgotten: () => 4,
    });
    metrics.watchFetching(() => true);
    metrics.tokenRequest('provider.example', 'ok', 0.2);
    metrics.request(200, 0.01);
    metrics.alertChannels(
      new Map([
        ['mail', true],
        ['command', true],
      ]),
    );
    metrics.alertChannels(new Map([['mail', false]]));
    const { body } = await metrics.text();
    for (const line of [
      'oauth2_sidecar_tokens{state="valid"} 3',
      'oauth2_sidecar_alert_channel_up{channel="mail"} 0',
      'oauth2_sidecar_nearest_expiry_seconds 90',
      'oauth2_sidecar_nearest_refresh_token_end_seconds 90',
      'oauth2_sidecar_due_lag_seconds 65',
      'oauth2_sidecar_journal_entries 2',
      'oauth2_sidecar_journal_write_failures_total 5',
      'oauth2_sidecar_forgotten 3',
      'oauth2_sidecar_forgotten_total 4',
      'oauth2_sidecar_seconds_since_look 75',
      'oauth2_sidecar_database_up 1',
      'oauth2_sidecar_mailboxes{state="failing",severity="error"} 1',
      'oauth2_sidecar_mailboxes{state="failing",severity="muted"} 1',
      'oauth2_sidecar_mailboxes{state="fetched",severity="ok"} 2',
      'oauth2_sidecar_mailbox_state{account="7",state="failing",severity="error"} 1',
      'oauth2_sidecar_mailbox_failures{account="7"} 5',
      'oauth2_sidecar_mailbox_last_success_timestamp_seconds{account="7"} 1789999000',
      'oauth2_sidecar_mailbox_state{account="smtp",state="fetched",severity="ok"} 1',
      'oauth2_sidecar_mail_last_fetch_timestamp_seconds 1790000000',
      'oauth2_sidecar_mail_fetching_stopped 1',
      'oauth2_sidecar_renewals_total{host="provider.example",outcome="ok"} 1',
    ])
      expect(body.split('\n')).to.include(line);
    const known = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const asked = rules.flatMap(({ expr }) => expr.match(/oauth2_sidecar_\w+/g) ?? []);
    expect(asked.filter((name) => !known.includes(name))).to.deep.equal([]);
    expect(new Set(asked).size).to.equal(14);
    expect(body).to.not.contain('alert_channel_up{channel="command"}');
  });

  const away = {
    'is away': () => Promise.reject(new SidecarError('database-unavailable')),
    hangs: () => new Promise<never>(() => undefined),
  };
  for (const [how, figures] of Object.entries(away))
    it(`find the journal also while the database ${how}`, async () => {
      const journal = { length: async () => 2, unreadable: async () => 3, failedWrites: () => 5 };
      const metrics = createMetrics({
        renewals: { figures },
        journal,
        mail: noMail,
        clock: fixedClock(),
        patience: 20,
      });
      const lines = (await metrics.text()).body.split('\n').filter((line) => !line.startsWith('#'));
      expect(lines).to.include.members([
        'oauth2_sidecar_database_up 0',
        'oauth2_sidecar_journal_entries 2',
        'oauth2_sidecar_journal_unreadable 3',
      ]);
      expect(lines.filter((line) => /_(tokens|nearest)/.test(line))).to.deep.equal([]);
    });

  it('do not fire for end times that are unknown', async () => {
    const figures = {
      byState: { valid: 1 },
      nearestEnd: null,
      nearestGrantEnd: null,
      dueSince: null,
      forgotten: 0,
    };
    const metrics = createMetrics({
      renewals: { figures: async () => figures },
      journal: { length: async () => 0, unreadable: async () => 0, failedWrites: () => 0 },
      mail: noMail,
      clock: fixedClock(),
    });
    expect((await metrics.text()).body).not.to.match(/^oauth2_sidecar_nearest/m);
  });

  it('stay silent about no other failure', async () => {
    const metrics = createMetrics({
      renewals: { figures: async () => Promise.reject(new SidecarError('schema-unknown')) },
      journal: { length: async () => 2, unreadable: async () => 3, failedWrites: () => 5 },
      mail: noMail,
      clock: fixedClock(),
    });
    const failure = await metrics.text().catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'schema-unknown');
  });

  it('use only states that exist', () => {
    const states = rules.flatMap(({ expr }) => /state=~"([^"]*)"/.exec(expr)?.[1]?.split('|') ?? []);
    expect(states.length).to.be.greaterThan(0);
    expect(states.filter((state) => !(STATE_KINDS as readonly string[]).includes(state))).to.deep.equal([]);
    for (const state of STATE_KINDS) expect(page).to.contain(`\`${state}\``);
  });

  it('have every part that Prometheus and an admin need', () => {
    for (const rule of rules) {
      expect(Object.keys(rule)).to.deep.equal(['alert', 'expr', 'for', 'labels', 'annotations']);
      expect(rule.for).to.match(/^\d+[mh]$/);
      expect(rule.labels.severity).to.match(/^(critical|warning)$/);
      expect(Object.keys(rule.annotations)).to.deep.equal(['summary', 'description']);
    }
  });

  it('are explained, and the file for promtool tests each of them', () => {
    const tried = shipped('test');
    for (const { alert } of rules) {
      expect(page).to.contain(`| \`${alert}\` |`);
      expect(tried).to.contain(`{alertname="${alert}", instance=`);
    }
    expect(new Set([...page.matchAll(/\| `(Helpdesk\w+)` \|/g)].map(([, name]) => name)).size).to.equal(
      rules.length,
    );
  });
});
