import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { MEMORY_SETTINGS } from '../../plugin/install/memory-settings.js';
import { exec } from '../lab/exec.js';
import { type Instance, ROOT } from '../lab/instance.js';
import { giveToLabUser, labUser, readsCheckout } from '../lab/lab-user.js';
import { freePort } from '../lab/ports.js';
import { LAB_SECRET } from '../lab/sidecar-channel.js';
import { sidecarUserEnv } from '../lab/sidecar-user.js';
import { cpuOf, type Line, medianOf } from './measure.js';

const ROUNDS = 15;

/** Loads what the sidecar is built on, opens a connection, and listens: the minimum for such a service. */
const BARE = `
  const Koa = require('koa');
  require('handlebars');
  const knex = require('knex')({ client: 'mysql2', connection: JSON.parse(process.env.DATABASE) });
  knex.raw('SELECT 1').then(() =>
    new Koa().listen(Number(process.env.SIDECAR_PORT), '127.0.0.1', () => console.log('"msg":"ready"')));
`;

/** @returns milliseconds and CPU seconds from the start of the process until it says that it is ready */
async function started(args: string[], env: Record<string, string>): Promise<{ ms: number; cpu: number }> {
  const prefix = readsCheckout() ? labUser().prefix : [];
  const [command = '', ...rest] = [...prefix, process.execPath, ...args];
  const began = performance.now();
  const child = spawn(command, rest, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes('"msg":"ready"'))
        return { ms: performance.now() - began, cpu: cpuOf(child.pid ?? 0) };
    throw new Error(`${args.join(' ')} ended`);
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * From the start of `serve`, as shipped, until it is ready, alternating with a bare program, so that both run under the
 * same load. Wall time also depends on other users of the processor; CPU time includes the helpdesk's Perl.
 */
export async function measureStart(of: Instance): Promise<Line[]> {
  const program = path.join(ROOT, 'dist/plugin/cli.cjs');
  // V8's compiled code is kept for the next start, as by an installation.
  await exec(process.execPath, [program, 'help'], { cwd: ROOT });
  const state = mkdtempSync(path.join(os.tmpdir(), 'bench-start-'));
  giveToLabUser(state);
  const env = async (): Promise<Record<string, string>> => ({
    PATH: process.env.PATH ?? '',
    HELPDESK_HOME: of.home,
    DATABASE: JSON.stringify(of.database),
    SIDECAR_PORT: String(await freePort()),
    SIDECAR_SECRET: LAB_SECRET,
    SIDECAR_STATE: state,
    ...MEMORY_SETTINGS,
    ...sidecarUserEnv,
    ...(readsCheckout() ? {} : { SIDECAR_UNSAFE_STAYS_ROOT: '1' }),
  });
  const ours: { ms: number; cpu: number }[] = [];
  const bare: typeof ours = [];
  try {
    // The first run of each is not counted, because files come from the disk.
    for (let round = 0; round <= ROUNDS; round++) {
      const mine = await started(['--max-semi-space-size=2', program, 'serve'], await env());
      const other = await started(['-e', BARE], await env());
      if (round === 0) continue;
      ours.push(mine);
      bare.push(other);
    }
  } finally {
    rmSync(state, { recursive: true });
  }
  const line = (what: string, key: 'ms' | 'cpu', shown: (value: number) => string): Line => {
    const [mine, other] = [medianOf(ours.map((one) => one[key])), medianOf(bare.map((one) => one[key]))];
    const ratio = mine / other;
    return {
      what: `serve ready after: ${what}`,
      ours: shown(mine),
      theirs: `bare ${shown(other)}`,
      ratio: ratio.toFixed(2),
      target: '≤ 1.5',
      met: ratio <= 1.5,
    };
  };
  return [
    line('wall time', 'ms', (ms) => `${ms.toFixed(0)} ms`),
    line('CPU time', 'cpu', (seconds) => `${(seconds * 1000).toFixed(0)} ms`),
  ];
}
