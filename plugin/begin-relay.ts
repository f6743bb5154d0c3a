import type { Adapters } from './adapters/adapters.js';
import type { RelayParts } from './adapters/relay.js';
import type { Config } from './config/load-config.js';
import type { Metrics } from './domain/metrics.js';
import type { RelayPlace } from './domain/relay/relay-listener.js';
import { isSidecarError } from './errors.js';
import type { Relay } from './relay/relay-server.js';

/** Milliseconds between two attempts to start. */
const RETRY = 30_000;

export interface RunningRelay extends Pick<Relay, 'stop' | 'closeAll'> {
  /** Where it listens, sockets from systemd included; before that, where it is to listen. */
  places(): readonly RelayPlace[];
}

/**
 * Starts the relay, if it is switched on. Where it cannot start, everything else works on, and it tries again.
 * @param pause milliseconds between two attempts; for tests
 * @returns its end; undefined if it is switched off
 */
export async function beginRelay(
  adapters: Adapters,
  config: Config,
  parts: Omit<RelayParts, 'count'> & { metrics: Metrics },
  pause = RETRY,
): Promise<RunningRelay | undefined> {
  if (config.relay.places.length + parts.inherited.size === 0) return undefined;
  const [{ relayAdapters }, { startRelay }] = await Promise.all([
    import('./adapters/relay.js'),
    import('./relay/relay-server.js'),
  ]);
  const { log } = adapters;
  const { metrics } = parts;
  let relay: Relay | undefined;
  let places = (): readonly RelayPlace[] => config.relay.places;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  async function begin(): Promise<void> {
    try {
      const ready = await relayAdapters(adapters, config, {
        ...parts,
        count: (protocol, outcome) => metrics.relayed(protocol, outcome),
      });
      if (stopped) return;
      relay = await startRelay(ready.listeners, ready.deps);
      if (stopped) return relay.closeAll();
      places = ready.places;
      metrics.watchRelay(relay.figures);
    } catch (error) {
      log.error({ fault: isSidecarError(error) ? error.log : '' }, 'the relay has not started');
      if (!stopped) retry = setTimeout(() => void begin(), pause).unref();
    }
  }

  await begin();
  return {
    places: () => places(),
    async stop() {
      stopped = true;
      clearTimeout(retry);
      await relay?.stop();
    },
    closeAll() {
      relay?.closeAll();
    },
  };
}

/**
 * Stops the relay, and everything else only when its clients have finished: until then, screens answer and tokens are renewed.
 * The next process starts only after both.
 * @param others stops everything else
 */
export async function stopAfterRelay(
  relay: Pick<Relay, 'stop'> | undefined,
  others: () => readonly (Promise<unknown> | undefined)[],
): Promise<void> {
  await relay?.stop();
  await Promise.all(others());
}
