import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createChaosDatabase } from './database.js';
import type { Fault } from './fault.js';
import { createWorld, type World } from './world.js';

/**
 * Without any variables: a short round, in which each fault marked `short` is played once.
 * CHAOS_ROUNDS=5: all faults, with one, two and three sidecars, each with five seeds.
 * CHAOS_SEED=7 starts with this seed, CHAOS_ONLY='suspended' selects faults by a part of their name, CHAOS_SIDECARS=2
 * sets the number of sidecars. CHAOS_COMPILED=1 runs the program in dist/ (npm run build), which starts faster.
 * CHAOS_KEEP=folder keeps the sidecars' logs and tables when a round fails.
 */
const { CHAOS_ROUNDS, CHAOS_SEED, CHAOS_ONLY, CHAOS_SIDECARS, CHAOS_KEEP } = process.env;
const rounds = Number(CHAOS_ROUNDS ?? 0);
const firstSeed = Number(CHAOS_SEED ?? (rounds > 0 ? Date.now() % 100_000 : 1));

const isChosen = ({ name, short = false }: Fault) =>
  CHAOS_ONLY === undefined ? rounds > 0 || short : name.includes(CHAOS_ONLY);

function numbersOf({ sidecars }: Fault): readonly number[] {
  const all = sidecars ?? [1, 2, 3];
  if (CHAOS_SIDECARS !== undefined)
    return [Number(CHAOS_SIDECARS)].filter((number) => number >= Math.min(...all));
  return rounds > 0 ? all : (sidecars ?? [2]).slice(-1);
}

/** To find the cause of a failure: no line of the logs holds a token. */
async function keep(world: World, title: string): Promise<void> {
  if (CHAOS_KEEP === undefined) return;
  const folder = path.join(CHAOS_KEEP, title.replace(/\W+/g, '-'));
  mkdirSync(folder, { recursive: true });
  for (const { name, log } of world.sidecars)
    writeFileSync(
      path.join(folder, `${name}.log`),
      log()
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
  for (const table of ['renewal', 'event']) {
    const rows = await world.database.rows(`SELECT * FROM oauth2_sidecar_${table}`).catch(() => []);
    writeFileSync(path.join(folder, `${table}.tsv`), rows.map((row) => `${row.join('\t')}\n`).join(''));
  }
}

/** What the ledger knows about lost grants: times in milliseconds before now. */
function historyOf({ provider }: World, lost: readonly number[]): string {
  const ago = (time: number | undefined) => (time === undefined ? '-' : Date.now() - time);
  return lost
    .map((number) => {
      const grant = provider.ledger.grants.get(number);
      const used = grant?.exchanges
        .slice(-4)
        .map((one) => `${one.used}: ${[one.at, one.sentAt, one.readAt, one.closedAt].map(ago).join('/')}`);
      const again = grant?.reused.map((one) => one.used).join(', ') || 'none';
      return `        lost ${number}: asked/sent/read/closed ${used?.join('; ')}; used again: ${again}`;
    })
    .join('\n');
}

async function play(fault: Fault, sidecars: number, seed: number): Promise<void> {
  const ground = await fault.ground?.();
  const { end: _end, ...grounded } = ground ?? { end: undefined };
  const world = await createWorld({ seed, sidecars, ...grounded, ...fault.world }).catch(async (error) => {
    await ground?.end();
    throw error;
  });
  try {
    await world.answered(2);
    await fault.play(world, ground);
    let late = '';
    const looks = await world.recovered().catch((error: Error) => {
      late = error.message;
      return Number.NaN;
    });
    const { wire, withheld, ...cost } = await world.judge();
    console.log(`        looks: ${looks}; on the wire: ${wire.length}; kept back: ${withheld.length}`);
    if (cost.lost.length > 0) console.log(historyOf(world, cost.lost));
    const nothing = { lost: [], forgotten: [], reuse: [], blamed: [] };
    if (fault.doubles !== undefined) {
      console.log(`        used by both: ${cost.lost.length} of ${world.ids.length}`);
      expect(cost.lost.length).to.be.at.most(fault.doubles);
      cost.lost = [];
      cost.reuse = [];
    }
    expect({ ...cost, late }, JSON.stringify({ ...cost, late })).to.deep.equal({ ...nothing, late: '' });
    if (!fault.withholds) expect(withheld).to.deep.equal([]);
  } catch (error) {
    await keep(world, `${fault.name} ${sidecars} ${seed}`);
    throw error;
  } finally {
    await world.end();
    await ground?.end();
  }
}

/** A test for each fault, number of sidecars and seed. */
export function describeFaults(title: string, faults: readonly Fault[]): void {
  describe(`beside a provider that takes each refresh token once: ${title}`, function () {
    // Copying a database to a node of a cluster takes minutes on a busy machine.
    this.timeout(1_800_000);
    const database = createChaosDatabase();
    let isWhole = false;
    beforeEach(async () => {
      if (!isWhole) await database.create();
      isWhole = true;
    });
    // A failed round may have left anything behind.
    afterEach(function () {
      if (this.currentTest?.state !== 'passed') isWhole = false;
    });
    after(() => database.stop('SIGKILL'));

    for (const fault of faults.filter(isChosen))
      for (const sidecars of numbersOf(fault))
        for (let round = 0; round < Math.max(1, rounds); round++) {
          const seed = firstSeed + round;
          it(`${fault.name} (sidecars: ${sidecars}, seed: ${seed})`, () => play(fault, sidecars, seed));
        }
  });
}
