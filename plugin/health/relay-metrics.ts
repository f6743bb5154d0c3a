import { Counter, Gauge, type Registry } from 'prom-client';
import type { RelayFigures } from '../domain/metrics.js';

/** Metrics of the relay; none until it listens. @param prefix of their names */
export function createRelayMetrics(prefix: string, registers: Registry[]) {
  const ended = new Counter({
    name: `${prefix}relay_connections_total`,
    help: 'Connections of the relay that have ended, by protocol and outcome',
    labelNames: ['protocol', 'outcome'],
    registers,
  });
  const bytes = new Counter({
    name: `${prefix}relay_bytes_total`,
    help: 'Bytes that the relay has passed, by protocol and direction',
    labelNames: ['protocol', 'direction'],
    registers,
  });
  const connections = new Gauge({
    name: `${prefix}relay_connections`,
    help: 'Connections of the relay now, by protocol and whether they are signed in',
    labelNames: ['protocol', 'state'],
    registers,
  });
  let figures: (() => Record<string, RelayFigures>) | undefined;
  return {
    ended: (protocol: string, outcome: string): void => ended.inc({ protocol, outcome }),
    watch(read: () => Record<string, RelayFigures>): void {
      figures = read;
    },
    show(): void {
      if (!figures) return;
      bytes.reset();
      for (const [protocol, of] of Object.entries(figures())) {
        bytes.inc({ protocol, direction: 'sent' }, of.sent);
        bytes.inc({ protocol, direction: 'received' }, of.received);
        connections.set({ protocol, state: 'signed-in' }, of.relayed);
        connections.set({ protocol, state: 'before' }, of.connections - of.relayed);
      }
    },
  };
}
