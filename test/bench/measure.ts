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

/** Resident memory of a server of the lab, in MB (proc(5), VmRSS). */
export function residentMemory(of: Instance, name: string): number {
  const { pid } = JSON.parse(readFileSync(`${of.dir}/run/${name}.json`, 'utf8')) as { pid: number };
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
