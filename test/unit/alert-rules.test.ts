import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { STATE_KINDS } from '../../plugin/domain/token-state.js';
import { createMetrics } from '../../plugin/health/metrics.js';
import { fixedClock } from '../support/memory-stores.js';

interface Rule {
  alert: string;
  expr: string;
  for: string;
}

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
const [group] = (parse(yaml) as { groups: { name: string; rules: Rule[] }[] }).groups;
const rules = group?.rules ?? [];

describe('alert rules of docs/operations.md', () => {
  it('ask for figures that there are', async () => {
    const clock = fixedClock();
    const in90s = new Date(clock().getTime() + 90_000);
    const metrics = createMetrics({
      renewals: {
        figures: async () => ({
          byState: { valid: 3, unknown: 1 },
          nearestEnd: in90s,
          nearestGrantEnd: in90s,
          dueSince: new Date(clock().getTime() - 7000),
        }),
      },
      journal: { length: async () => 2 },
      clock,
    });
    metrics.watchKeeper({ waitingSince: () => new Date(clock().getTime() - 65_000) });
    metrics.tokenRequest('provider.example', 'ok', 0.2);
    metrics.request(200, 0.01);
    const { body } = await metrics.text();
    for (const line of [
      'oauth2_sidecar_tokens{state="valid"} 3',
      'oauth2_sidecar_nearest_expiry_seconds 90',
      'oauth2_sidecar_nearest_refresh_token_end_seconds 90',
      'oauth2_sidecar_due_lag_seconds 65',
      'oauth2_sidecar_journal_entries 2',
      'oauth2_sidecar_renewals_total{host="provider.example",outcome="ok"} 1',
    ])
      expect(body.split('\n')).to.include(line);
    const known = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const asked = rules.flatMap(({ expr }) => expr.match(/oauth2_sidecar_\w+/g) ?? []);
    expect(asked.filter((name) => !known.includes(name))).to.deep.equal([]);
    expect(new Set(asked).size).to.equal(6);
  });

  it('ask for states that there are', () => {
    const states = rules.flatMap(({ expr }) => /state=~"([^"]*)"/.exec(expr)?.[1]?.split('|') ?? []);
    expect(states.length).to.be.greaterThan(0);
    expect(states.filter((state) => !(STATE_KINDS as readonly string[]).includes(state))).to.deep.equal([]);
    for (const state of STATE_KINDS) expect(page).to.contain(`\`${state}\``);
  });

  it('are complete', () => {
    for (const rule of rules) {
      expect(Object.keys(rule)).to.deep.equal(['alert', 'expr', 'for']);
      expect(rule.for).to.match(/^\d+[mh]$/);
    }
  });
});
