import { spawn } from 'node:child_process';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { type Instance, ROOT } from '../lab/instance.js';
import { sidecarUserEnv } from '../lab/sidecar-user.js';
import { type Line, medianOf, memoryOf, timed } from './measure.js';

const MANY = 10_000;
const FEW = 100;
const ROUNDS = 3;
/** Pieces of the output between two looks at the memory; an export has some four hundred. */
const EACH = 16;

/** The work of the built-in screen and its console command, for all configurations. */
const THEIRS = `binmode STDOUT, ':utf8'; print $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataExport( Format => 'yml', Cache => 0, UserID => 1 );`;

/** @returns milliseconds, and the most memory that the command took, in MB */
async function exported(of: Instance): Promise<{ ms: number; memory: number }> {
  const program = path.join(ROOT, 'dist/plugin/cli.cjs');
  let memory = 0;
  const ms = await timed(
    () =>
      new Promise<void>((resolve, reject) => {
        const child = spawn(
          process.execPath,
          [program, 'config', 'export', '--with-secrets', '--home', of.home],
          { env: { ...process.env, ...sidecarUserEnv }, stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let pieces = 0;
        // Whoever reads slowly holds up the command, so the memory is read now and then.
        child.stdout.on('data', () => {
          if (pieces++ % EACH === 0) memory = Math.max(memory, memoryOf(child.pid ?? 0).most);
        });
        child.on('error', reject);
        child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`export: ${code}`))));
      }),
  );
  return { ms, memory };
}

/** An export of all configurations, alternating with the built-in one in a separate process, and its memory. */
export async function measureExport(of: Instance): Promise<Line[]> {
  const { fill } = await import('./fill.js');
  const { perl } = await import('../support/helpdesk.js');
  await exec(process.execPath, [path.join(ROOT, 'dist/plugin/cli.cjs'), 'help'], { cwd: ROOT });
  await fill(FEW);
  const few = await exported(of);
  await fill(MANY);
  await exported(of);
  const ours: { ms: number; memory: number }[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await timed(() => perl(THEIRS)));
    ours.push(await exported(of));
  }
  const [mine, other] = [medianOf(ours.map(({ ms }) => ms)), medianOf(theirs)];
  const memory = medianOf(ours.map((one) => one.memory));
  return [
    {
      what: `config export, ${MANY} configurations`,
      ours: `${(mine / 1000).toFixed(2)} s`,
      theirs: `${(other / 1000).toFixed(2)} s`,
      ratio: `${(other / mine).toFixed(1)}×`,
      target: '≥ 10×',
      met: other / mine >= 10,
    },
    {
      what: `most memory of an export, ${FEW} and ${MANY}`,
      ours: `${few.memory.toFixed(0)} MB, ${memory.toFixed(0)} MB`,
      ratio: (memory / few.memory).toFixed(2),
      target: '≤ 1.5',
      met: memory / few.memory <= 1.5,
    },
  ];
}
