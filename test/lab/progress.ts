/** Prints a line for each long step, and a sign of life where it takes more than ten seconds. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const seconds = (): string => ((Date.now() - began) / 1000).toFixed(1);
  say(`→ ${title}`);
  const alive = setInterval(() => say(`  … ${title}: ${Math.round(Number(seconds()))} s`), 10_000);
  try {
    const result = await work();
    say(`✓ ${title} (${seconds()} s)`);
    return result;
  } catch (error) {
    say(`✗ ${title} (${seconds()} s)`);
    throw error;
  } finally {
    clearInterval(alive);
  }
}

/** A plain line on standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** An expected reason to stop: shown without a stack trace, exit code 1. */
export class Stop extends Error {
  override readonly name = 'Stop';
}

/** Runs a command of the lab; a failure ends the process with a readable message. */
export async function main(work: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    const text = error instanceof Stop ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`\n${text}\n`);
    process.exitCode = 1;
  }
}
