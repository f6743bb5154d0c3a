import { spawn } from 'node:child_process';

export interface ProgramRun {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** The user to run as; only where we are root. Supplementary groups are dropped (setgroups(2) by libuv). */
  user?: { uid: number; gid: number };
  /** Written to standard input; without it the program has no standard input. */
  input?: string | Uint8Array;
  /**
   * Where the answer comes from: standard output, or descriptor 3, whose first line is the answer. With
   * `descriptor`, everything that the program prints elsewhere is discarded.
   */
  answerFrom: 'stdout' | 'descriptor';
  /** Milliseconds after which the program and its child processes are killed. */
  limitMs: number;
  /** Bytes of output after which they are killed. */
  maxBytes: number;
}

export interface ProgramEnd {
  /** Standard output, or the line from descriptor 3 without its line end. */
  answer: string;
  /** The end of standard error; empty with `descriptor`. */
  stderr: string;
  /** The exit code; null where the program was killed or did not start. */
  code: number | null;
  /** Why there is no answer; null where the program ended by itself or answered. */
  stopped: 'time' | 'size' | 'not-found' | 'not-started' | null;
}

const STDERR_KEPT = 16 * 1024;

/**
 * Runs a program without a shell and in its own session. So it has no controlling terminal to type into
 * (ioctl_tty(2), TIOCSTI), and all its child processes can be killed with it.
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
      // Kill the whole group: processes left behind would keep running as the helpdesk's user.
      if (child.pid !== undefined && (stopped !== null || onDescriptor))
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // Already ended.
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
