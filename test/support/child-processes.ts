import { readFileSync } from 'node:fs';

/**
 * The processes that a running process started, as the kernel lists them; none where it has ended. `pgrep` would look
 * at every process of the machine, while other tests start and end theirs.
 */
export function childProcesses(pid: number): number[] {
  try {
    return (readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}
