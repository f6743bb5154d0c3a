/** The last part of the wait, in which answers that have already arrived are read. Milliseconds. */
const LAST_LOOK = 500;

export class TimeOut extends Error {
  override readonly name = 'TimeOut';
}

/**
 * Resolves as `work` does, or fails after `ms`. When a process continues after a standstill (a suspended
 * computer, a paused virtual machine), its timers fire before it reads what arrived meanwhile. So the last
 * part of the wait is a second timer, which starts only after the first: an answer that has already arrived
 * is not lost.
 * @param ms the whole wait, while the process runs
 * @throws TimeOut
 */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const last = Math.min(LAST_LOOK, ms);
  const end = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new TimeOut());
    timer = setTimeout(() => {
      timer = setTimeout(giveUp, last);
    }, ms - last);
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}
