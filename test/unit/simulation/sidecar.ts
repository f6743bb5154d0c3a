import type { Clock } from '../../../plugin/domain/clock.js';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import type { JournalEntry } from '../../../plugin/domain/token/answer-journal.js';
import { policyOf } from '../../../plugin/domain/token/renewal.js';
import { idOf } from '../../../plugin/journal/known-answers.js';
import { createRenewalService } from '../../../plugin/renewal-service/renewal-service.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { replayAnswers } from '../../../plugin/usecases/replay-answers.js';
import { documentsOf, MemoryIdentities } from '../../support/memory-identities.js';
import { MemoryJournal } from '../../support/memory-journal.js';
import { neverQuiet } from '../../support/never-quiet.js';
import type { Random } from '../../support/random.js';
import { settingsReader } from '../../support/samples.js';
import type { Provider } from './provider.js';
import type { Database } from './stores.js';

const usual = { 'OAuth2Sidecar::Renewal::RequestsPerProvider': 50 };
/** Renews in the last minute only, to check that the simulation notices. */
const late = {
  ...usual,
  'OAuth2Sidecar::Renewal::LeadMinutes': 1,
  'OAuth2Sidecar::Renewal::LeadPercent': 0,
};
const silent = () => undefined;
const FORGOTTEN = 'configurations without a due time are due now';

/** A dead process does nothing more: each of its steps ends here. */
class Killed extends Error {}

const lostOnTheWay = () =>
  new ProviderError({
    outcome: 'transient',
    error: 'timeout',
    lost: 'timeout',
  });

/** What every look does, whether something is due or not. */
const IDLE = new Set([
  'due',
  'nextDue',
  'schedule',
  'unscheduled',
  'lookAgain',
  'reconcile',
  'providerIsBack',
  'probeProvider',
  'left',
  'get',
  'isAnswered',
  'extend',
]);

/** Looks at memory only. */
const SYNCHRONOUS = new Set(['waits', 'waiting', 'giveUp', 'isLocked']);

/** Every method of an object throws once its process is dead; a process may die before or after any step of a renewal. */
function mortal<T extends object>(target: T, life: { alive: boolean; step(): void }): T {
  return new Proxy(target, {
    get(object, name) {
      const member = Reflect.get(object, name) as unknown;
      if (typeof member !== 'function') return member;
      if (SYNCHRONOUS.has(String(name))) return member.bind(object);
      const step = IDLE.has(String(name)) ? () => undefined : life.step;
      return async (...given: unknown[]) => {
        step();
        if (!life.alive) throw new Killed();
        const result: unknown = await (member as (...values: unknown[]) => unknown).apply(object, given);
        step();
        if (!life.alive) throw new Killed();
        return result;
      };
    },
  });
}

/** One sidecar with the real renewal service and use cases. Its journal is on the machine and survives it. */
export function createSidecar(
  {
    name,
    journal,
    database,
    provider,
    clock,
    random,
    isLate,
  }: {
    name: string;
    journal: MemoryJournal;
    database: Database;
    provider: Provider;
    /** The clock of this host, which differs a little from the others. */
    clock: Clock;
    random: Random;
    isLate: boolean;
  },
  /** What happens elsewhere between a provider's answer and its storage. */
  meanwhile: (configId: number) => void,
  onLost: (configId: number) => void,
  /** The sidecar has found configurations that could be renewed and never would have been. */
  onForgotten: (number: number) => void,
) {
  const error = (facts: Record<string, unknown>, message: string) => {
    if (message === FORGOTTEN) onForgotten(Number(facts.number));
  };
  const log = { info: silent, warn: silent, error };
  const settings = settingsReader(isLate ? late : usual);
  let stepsLeft = Number.POSITIVE_INFINITY;
  const life = {
    alive: true,
    step() {
      if (--stepsLeft <= 0) life.alive = false;
    },
  };
  const safe = mortal(journal, life);
  /** A process that dies before the answer is in the journal has lost it. */
  const keeping = new Proxy(safe, {
    get: (object, name) =>
      name !== 'put'
        ? Reflect.get(object, name)
        : async (entry: JournalEntry) => {
            if (stepsLeft <= 1) onLost(entry.configId);
            return safe.put(entry);
          },
  });
  const deps = {
    tokens: mortal(database.tokens, life),
    renewals: mortal(database.renewals, life),
    journal: keeping,
    settings,
    caches: { forgetTokenConfigs: async () => undefined },
    clock,
    log,
    holder: name,
    documents: documentsOf(),
    identities: new MemoryIdentities(),
    pause: async () => undefined,
    endpoint: {
      async post({ url, parameters }: { url: string; parameters: Record<string, string> }) {
        life.step();
        if (!life.alive) throw new Killed();
        const id = Number(url.split('=')[1]);
        const answer = provider.refresh(id, parameters.refresh_token ?? '');
        await undefined;
        meanwhile(id);
        // Some answers never arrive, although the provider counts the refresh token as used.
        if (random.chance(1 / 2000)) {
          onLost(id);
          throw lostOnTheWay();
        }
        life.step();
        if (!life.alive) {
          onLost(id);
          throw new Killed();
        }
        return answer;
      },
    },
  };
  const renewalService = createRenewalService({
    quiet: neverQuiet,
    announce: async () => 0,
    renewals: deps.renewals,
    events: { prune: async () => 0 },
    refresh: (configId) => refreshToken(deps, { configId, userId: 1, actor: null }),
    replay: () => replayAnswers(deps),
    policy: async () => ({ ...policyOf(await settings.current()), keepEvents: 1 }),
    clock,
    elapsed: () => clock().getTime(),
    log,
  });
  return {
    journal,
    isAlive: () => life.alive,
    tick: () => renewalService.tick(),
    /** Dies at one of its next steps, whatever it is doing then. */
    killSoon: () => {
      stepsLeft = 1 + random.below(160);
    },
  };
}

/** A journal whose process has died: everything in it is left over. */
export function inherit(journal: MemoryJournal): MemoryJournal {
  for (const answer of journal.known.in('busy')) journal.giveUp(idOf(answer));
  return journal;
}

/** A journal that forgets, to check that the simulation notices. */
export class ForgetfulJournal extends MemoryJournal {
  override async left(): Promise<never[]> {
    return [];
  }
  override waits() {
    return false;
  }
  override waiting() {
    return [];
  }
  override async isAnswered() {
    return false;
  }
}
