import { expect } from 'chai';
import type { StateChange } from '../../../plugin/domain/mailbox/state-change.js';
import { isTrouble } from '../../../plugin/domain/mailbox/told-mailbox.js';
import { createMailWatch } from '../../../plugin/renewal-service/mail-watch.js';
import { createRandom } from '../../support/random.js';
import { settingsReader } from '../../support/samples.js';
import { createMailStore } from './mail-store.js';
import { createMailWorld, type TrueMailbox } from './mail-world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-03-01T00:00:00Z');
const PERIOD = 10 * MINUTE;
/** How long after its threshold a fault may be told: two periods of the task. */
const PATIENCE = 2 * PERIOD;

const number = (name: string, usual: number) => Number(process.env[name] || usual);
const settings = settingsReader({
  'Daemon::SchedulerCronTaskManager::Task': { MailAccountFetch: { Schedule: '*/10 * * * *' } },
});

interface Size {
  seed: number;
  mailboxes: number;
  days: number;
  killsADay: number;
  /** Leaves out the watch, to check that the simulation notices. */
  isBlind?: boolean;
}

/** Simulates days of a helpdesk with two sidecars, minute by minute, and counts what must not happen. */
async function simulateMail({ seed, mailboxes, days, killsADay, isBlind = false }: Size) {
  const random = createRandom(seed);
  const world = createMailWorld({ start: START, mailboxes, random });
  let now = START;
  const clock = () => new Date(now);
  const database = createMailStore(world, clock);
  const faults = { falseAlarms: 0, missed: 0, stuck: 0, falseStops: 0, missedStops: 0, stuckStops: 0 };
  const counts = { alarms: 0, stops: 0, killed: 0 };
  /** Since when any sidecar has looked without a gap; everything is judged from then on. */
  let watchedSince = START;

  const boxOf = (id: number) => world.boxes[id - 1] as TrueMailbox;
  /** Is something wrong that an admin wants to hear of? The loosest reading. */
  const isBroken = ({ failed, endedAt, hangsSince }: TrueMailbox) =>
    failed.length >= 2 ||
    (hangsSince !== null && now - hangsSince >= 10 * MINUTE) ||
    now - endedAt >= 2 * HOUR;
  /** The strictest reading: since when it should be known. */
  function knownSince({ failed, lasting }: TrueMailbox): number | null {
    const third = failed[lasting >= 2 ? 1 : 2];
    return third ?? null;
  }
  /** Since when a fetch of this account has kept others waiting; null: it keeps none. */
  const blocksSince = (box: TrueMailbox | null): number | null => {
    const since = box?.hangsSince ?? null;
    return since !== null && world.boxes.some((other) => other !== box && other.endedAt <= since)
      ? since
      : null;
  };
  const blocks = (box: TrueMailbox | null) => now - (blocksSince(box) ?? now) >= 15 * MINUTE;

  function onChange({ subject, to, needsAttention, from }: StateChange): void {
    if (subject.kind === 'mailbox' && needsAttention) {
      counts.alarms++;
      if (!isBroken(boxOf(subject.id))) faults.falseAlarms++;
    }
    if (to === 'fetching-stopped') {
      counts.stops++;
      // A process that was killed never ends its fetch in the log.
      if (!world.boxes.some(blocks) && now - (world.beganAt ?? now) < 30 * MINUTE) faults.falseStops++;
    }
    if (to === 'fetching-runs' && from !== null) {
      if (now - (world.beganAt ?? now) > 30 * MINUTE) faults.falseStops++;
      // The helpdesk kills a fetch that hangs, and begins again: that is no end.
      if (blocks(world.lastHung) && now - (world.startedAt ?? now) < 25 * MINUTE) faults.falseStops++;
    }
  }

  function judge(): void {
    const seen = Math.max(now - watchedSince, 0);
    if (seen < 31 * MINUTE + PATIENCE) return;
    const stopped = database.toldFetching() === 'fetching-stopped';
    const stands = now - (blocksSince(world.lastHung) ?? world.beganAt ?? now);
    if (stands > 30 * MINUTE + PATIENCE && !stopped) faults.missedStops++;
    if (
      stopped &&
      !world.hanging &&
      !world.boxes.some(blocks) &&
      world.lockSince === null &&
      now - (world.beganAt ?? now) <= 5 * MINUTE &&
      stands > 2 * MINUTE
    )
      faults.stuckStops++;
    for (const box of world.boxes) {
      const isTold = isTrouble(database.told(box.id) ?? '');
      const known = knownSince(box);
      if (known !== null && now - known > PATIENCE && !isTold) faults.missed++;
      const hangs = now - (box.hangsSince ?? now) > 15 * MINUTE + PATIENCE;
      if (hangs && !isTold && !stopped) faults.missed++;
      const isWell = box.failed.length === 0 && box.hangsSince === null && now - box.endedAt < HOUR;
      if (isTold && isWell && now - box.succeededAt > PATIENCE) faults.stuck++;
    }
  }

  let killSoon = false;
  const bear = () =>
    createMailWatch({
      mailWatch: database.store(() => {
        const dies = killSoon;
        killSoon = false;
        return dies;
      }, onChange),
      settings,
      clock,
    });
  const sidecars = [bear(), bear()];
  let awayUntil = 0;
  for (let step = 0; step < days * 1440; step++) {
    now = START + step * MINUTE;
    world.minute(now);
    // Every few days, nobody looks for hours.
    if (awayUntil <= now && random.chance(1 / (6 * 1440)))
      awayUntil = now + random.between(10 * MINUTE, 5 * HOUR);
    if (awayUntil > now || isBlind) {
      if (!isBlind) watchedSince = now;
      for (const at of sidecars.keys()) if (awayUntil > now) sidecars[at] = bear();
    } else {
      if (random.chance(killsADay / 1440)) killSoon = true;
      for (const [at, sidecar] of sidecars.entries())
        await sidecar.look().catch((error: Error) => {
          if (error.message !== 'killed') throw error;
          counts.killed++;
          sidecars[at] = bear();
          // With its memory, what it has seen is gone; the other one goes on.
        });
    }
    judge();
  }
  return { faults, counts, played: world.played };
}

const FAULTLESS = { falseAlarms: 0, missed: 0, stuck: 0, falseStops: 0, missedStops: 0, stuckStops: 0 };

describe('the simulation of many days of mail', () => {
  const seed = number('SIM_SEED', 20261129);
  const days = number('SIM_DAYS', 120);
  const mailboxes = Math.min(100, Math.max(20, Math.floor(number('SIM_CONFIGS', 10_000) / 50)));
  const killsADay = number('SIM_KILLS_A_DAY', 3);

  it(`raises no false alarm and misses none: ${mailboxes} mailboxes, ${days} days, two sidecars that die at random`, async function () {
    this.timeout(1_200_000);
    const replay = `SIM_SEED=${seed} SIM_CONFIGS=${mailboxes * 50} SIM_DAYS=${days} SIM_KILLS_A_DAY=${killsADay} npx mocha test/unit/simulation/mail.test.ts`;
    const { faults, counts, played } = await simulateMail({ seed, mailboxes, days, killsADay });
    if (process.env.SIM_REPORT) console.log({ faults, counts, played });
    expect(faults, `play it again: ${replay}`).to.deep.equal(FAULTLESS);
    // Had these not happened, the simulation would prove nothing.
    expect(counts.alarms, replay).to.be.greaterThan(0);
    expect(played.faults, replay).to.be.greaterThan(mailboxes);
    expect(counts.killed, replay).to.be.greaterThan(0);
  });

  it('notices a watch that does not look', async () => {
    const { faults } = await simulateMail({ seed, mailboxes: 20, days: 6, killsADay, isBlind: true });
    expect(faults.missed).to.be.greaterThan(0);
  }).timeout(120_000);

  it('repeats the same run with the same seed', async () => {
    const size = { seed, mailboxes: 20, days: 4, killsADay: 24 };
    expect(await simulateMail(size)).to.deep.equal(await simulateMail(size));
  }).timeout(120_000);
});
