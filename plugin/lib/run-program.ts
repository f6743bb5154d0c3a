import { spawn } from 'node:child_process';

export interface ProgramRun {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Only where we are root: who runs it. Supplementary groups are dropped (setgroups(2) by libuv). */
  user?: { uid: number; gid: number };
  /** Goes to standard input; without it there is none. */
  input?: string;
  /**
   * Where the answer comes from: standard output, or a descriptor of its own (3), of which the first line is the answer. What
   * the program prints elsewhere is thrown away then.
   */
  answerFrom: 'stdout' | 'descriptor';
  /** Milliseconds, after which the program and what it has started is killed. */
  limitMs: number;
  /** Bytes of output, beyond which the same happens. */
  maxBytes: number;
}

export interface ProgramEnd {
  /** Standard output, or the line from descriptor 3 without its end. */
  answer: string;
  /** The last of what came on standard error; empty with `descriptor`. */
  stderr: string;
  /** Exit code; null where it was killed or did not start. */
  code: number | null;
  /** Why there is no answer; null where the program ended by itself or answered. */
  stopped: 'time' | 'size' | 'not-found' | 'not-started' | null;
}

const STDERR_KEPT = 16 * 1024;

/**
 * Runs a program without a shell. It gets a session of its own: it has no controlling terminal into which it could type
 * (ioctl_tty(2), TIOCSTI), and all that it starts can be killed with it.
 */
export function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const onDescriptor = run.answerFrom === 'descriptor';
  return new Promise((resolve) => {
    const child = spawn(run.command, run.args, {
      cwd: run.cwd,
      env: run.env,
      detached: true,
      shell: false,
      stdio: [
        run.input === undefined ? 'ignore' : 'pipe',
        onDescriptor ? 'ignore' : 'pipe',
        onDescriptor ? 'ignore' : 'pipe',
        ...(onDescriptor ? (['pipe'] as const) : []),
      ],
      ...(run.user ?? {}),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = '';
    let code: number | null = null;
    let isDone = false;
    const source = onDescriptor ? child.stdio[3] : child.stdout;

    function done(stopped: ProgramEnd['stopped']): void {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      // The whole group: what it left running would go on as the helpdesk's user.
      if (child.pid !== undefined && (stopped !== null || onDescriptor))
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // Ended already.
        }
      for (const stream of child.stdio) stream?.destroy();
      const text = Buffer.concat(chunks).toString('utf8');
      const end = onDescriptor ? text.indexOf('\n') : text.length;
      resolve({ answer: end < 0 ? '' : text.slice(0, end), stderr, code, stopped });
    }
    const timer = setTimeout(() => done('time'), run.limitMs);

    source?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > run.maxBytes) done('size');
      else if (onDescriptor && chunk.includes(10)) done(null);
    });
    for (const stream of child.stdio) stream?.on('error', () => undefined);
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
    });
    child.once('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ENOENT' ? 'not-found' : 'not-started'),
    );
    child.once('exit', (status) => {
      code = status;
    });
    child.once('close', () => done(null));
    if (run.input !== undefined) (child.stdin as NodeJS.WritableStream | null)?.end(run.input);
  });
}
