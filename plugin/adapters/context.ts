import type { Config } from '../config/load-config.js';
import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';

/** What every builder of adapters receives. */
export interface AdapterContext {
  config: Config;
  log: Log;
  clock: Clock;
}
