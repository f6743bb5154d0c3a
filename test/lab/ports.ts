import net from 'node:net';

/** Does something listen on this port of 127.0.0.1? */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const given = new Set<number>();

/** A port of 127.0.0.1 that is free at the moment, and that this process was not given before. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      server.close(() => {
        if (port === undefined) return reject(new Error('no port'));
        // The system may give a port again as soon as it is closed.
        if (given.has(port)) return resolve(freePort());
        given.add(port);
        resolve(port);
      });
    });
  });
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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
