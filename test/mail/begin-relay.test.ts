import { connect } from 'node:net';
import { expect } from 'chai';
import type { Adapters } from '../../plugin/adapters/adapters.js';
import { beginRelay } from '../../plugin/begin-relay.js';
import type { Config } from '../../plugin/config/load-config.js';
import { freePort, until } from '../lab/ports.js';
import { fixedClock } from '../support/fixed-clock.js';

type Parts = Parameters<typeof beginRelay>[2];

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

describe('the relay of the service', () => {
  it('listens nowhere after a stop that came while it started again', async () => {
    const ports = [await freePort(), await freePort()];
    let attempts = 0;
    let stopped: Promise<void> | undefined;
    const heard: string[] = [];
    const log = {
      warn: () => undefined,
      error: () => undefined,
      info(_facts: object, text: string) {
        heard.push(text);
        stopped ??= relay?.stop();
      },
    };
    const adapters = {
      log,
      clock: fixedClock(),
      async settings() {
        attempts++;
        if (attempts === 1) throw new Error('no database');
        return { current: async () => ({ text: () => '' }) };
      },
      relayPasswords: async () => ({}),
      helpdeskTime: async () => ({}),
    };
    const config = {
      relay: {
        places: ports.map((port) => ({ scheme: 'imap', at: { host: '127.0.0.1', port } })),
        tls: null,
      },
      allowedAddresses: [],
    };
    const metrics = { relayed: () => undefined, watchRelay: () => undefined };
    const relay = await beginRelay(
      adapters as unknown as Adapters,
      config as unknown as Config,
      { renewals: {}, inherited: new Map(), most: 10, metrics } as unknown as Parts,
      10,
    );
    await until('the second attempt', () => heard.length === 2, 10_000);
    await stopped;
    await until('the end of both places', async () => {
      const open = await Promise.all(ports.map(answers));
      return open.every((isOpen) => !isOpen);
    });
    expect(attempts).to.equal(2);
  });
});
