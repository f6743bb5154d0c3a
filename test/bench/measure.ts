import { readFileSync } from 'node:fs';
import type { Instance } from '../lab/instance.js';

/** Milliseconds that one call takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export function medianOf(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The median of several calls, one after the other, in milliseconds; the first call is not counted. */
export async function median(times: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const results: number[] = [];
  for (let n = 0; n < times; n++) results.push(await timed(work));
  return medianOf(results);
}

export interface Line {
  what: string;
  ours: string;
  theirs?: string;
  ratio?: string;
  target: string;
  met: boolean;
}

/** A plain table; lines that miss their target say so. */
export function table(lines: Line[]): string {
  const rows = [
    ['', 'sidecar', 'built-in', 'ratio', 'target', ''],
    ...lines.map(({ what, ours, theirs = '', ratio = '', target, met }) => [
      what,
      ours,
      theirs,
      ratio,
      target,
      met ? 'met' : 'MISSED',
    ]),
  ];
  const widths =
    rows[0]?.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** CPU time of a process and the children that it has waited for, in seconds (proc(5), stat, in ticks of 10 ms). */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

const pidOf = (of: Instance, name: string): number =>
  (JSON.parse(readFileSync(`${of.dir}/run/${name}.json`, 'utf8')) as { pid: number }).pid;

/** The same for a server of the lab. */
export const cpuSeconds = (of: Instance, name: string): number => cpuOf(pidOf(of, name));

/** Resident memory of a process, in MB (proc(5), VmRSS and VmHWM). */
export function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const value = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: value('VmRSS'), most: value('VmHWM') };
}

/** Resident memory of a server of the lab, in MB. */
export const residentMemory = (of: Instance, name: string): number => memoryOf(pidOf(of, name)).now;
