import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { listens } from '../../plugin/lib/listens.js';

/** Below the ports that the system gives to outgoing connections and to servers without a port of their own. */
const [FIRST, COUNT] = [29_000, 3_000];
/** One file for each port that a test process holds; the file names the process. Processes of several labs run side by side. */
const RESERVED = path.join(tmpdir(), `znuny-oauth2-test-ports-${process.getuid?.()}`);

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

function isLeftBehind(file: string): boolean {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    // Without a number, its owner is about to write it.
    return owner > 0 && !runs(owner);
  } catch {
    // Another process removed it just now.
    return false;
  }
}

/** Reserves a port for this process until it ends. @returns false where another process that still runs holds it */
function reserve(port: number): boolean {
  mkdirSync(RESERVED, { recursive: true });
  const file = path.join(RESERVED, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isLeftBehind(file)) rmSync(file, { force: true });
    return false;
  }
}

/** A port of 127.0.0.1 that is free, and that no other test process is given as long as this one runs. */
export async function freePort(): Promise<number> {
  const start = Math.floor(Math.random() * COUNT);
  for (let step = 0; step < 2 * COUNT; step++) {
    const port = FIRST + ((start + step) % COUNT);
    if (reserve(port) && !(await listens(port))) return port;
  }
  throw new Error(`No port from ${FIRST} to ${FIRST + COUNT - 1} is free.`);
}

export { listens, pause };

/** The first of two neighbouring ports that are both free: a sidecar expects its web server on the port after its own. */
export async function freePortPair(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = await freePort();
    if (port + 1 < FIRST + COUNT && reserve(port + 1) && !(await listens(port + 1))) return port;
  }
  throw new Error('No two neighbouring ports are free.');
}

/** Asks again every 50 ms until the answer is yes. @throws Error after `timeoutMs` */
export async function until(
  what: string,
  answer: () => Promise<boolean> | boolean,
  timeoutMs = 60_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await answer())) {
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs / 1000} s in vain: ${what}`);
    await pause(50);
  }
}
