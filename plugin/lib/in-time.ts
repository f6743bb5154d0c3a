/** The last part of a wait, in which what has arrived is read. Milliseconds. */
const LAST_LOOK = 500;

export class TimeOut extends Error {
  override readonly name = 'TimeOut';
}

/**
 * What `work` resolves with, if it does so in time. After a standstill of the process (a suspended machine, a stopped
 * virtual one) the timers run out first and what arrived meanwhile is read afterwards: so the wait ends with a moment
 * of its own, which only begins when the rest has passed. An answer that lies there is not thrown away.
 * @param ms altogether, while the process runs
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
