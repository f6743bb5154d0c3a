import { spawn } from 'node:child_process';
import { labUser } from './lab-user.js';

export interface ExecOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Goes to standard input. */
  input?: string | Buffer;
  /** Runs as the user of the lab's servers instead of ourselves. */
  asLabUser?: boolean;
  /** Shows the output while it runs, instead of only in an error. */
  show?: boolean;
}

/**
 * Runs a command to its end.
 * @returns standard output
 * @throws Error with the end of both outputs where the exit code is not 0
 */
export function exec(command: string, args: string[], options: ExecOptions = {}): Promise<string> {
  const [file = '', ...rest] = [...(options.asLabUser ? labUser().prefix : []), command, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd: options.cwd ?? '/',
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => {
      out.push(chunk);
      all.push(chunk);
      if (options.show) process.stdout.write(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      all.push(chunk);
      if (options.show) process.stderr.write(chunk);
    });
    // A command that ends before it has read its input is judged by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const tail = Buffer.concat(all).toString().slice(-4000);
      reject(new Error(`${command} ${args.slice(0, 6).join(' ')}: exit code ${code ?? signal}\n${tail}`));
    });
  });
}
