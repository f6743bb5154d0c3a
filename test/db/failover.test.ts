import net from 'node:net';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { refreshToken } from '../../plugin/usecases/refresh-token.js';
import { freePort } from '../lab/ports.js';
import { MemoryJournal } from '../support/memory-journal.js';
import { settingsReader } from '../support/samples.js';
import { config, type Fixture, fixture } from './fixture.js';

/** Where the connection breaks: a statement that the client sends, and whether it still reaches the server. */
interface Cut {
  at: string;
  arrives: boolean;
}

/** Stands between a client and the server, and breaks the connection once, as a failover does. */
async function breakingProxy(target: { host: string; port: number }) {
  const port = await freePort();
  const sockets = new Set<net.Socket>();
  const proxy = { port, cut: null as Cut | null, cuts: 0, close: () => undefined as unknown };
  const server = net.createServer((client) => {
    const upstream = net.connect(target.port, target.host);
    const end = () => {
      client.resetAndDestroy();
      upstream.end();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      const { cut } = proxy;
      if (cut === null || !data.includes(cut.at)) return upstream.write(data);
      proxy.cut = null;
      proxy.cuts++;
      // Its confirmation is lost; the statement is not.
      if (cut.arrives) upstream.write(data, () => setTimeout(end, 50));
      else end();
      return true;
    });
    upstream.on('data', (data) => client.writable && client.write(data));
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  proxy.close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return proxy;
}

describe('a database connection that breaks during a renewal', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let proxy: Awaited<ReturnType<typeof breakingProxy>>;
  before(async () => {
    fix = await fixture();
    proxy = await breakingProxy(fix.address);
  });
  after(async () => {
    proxy.close();
    await fix.close();
  });

  for (const [what, cut] of [
    ['before the token is written', { at: 'UPDATE oauth2_token ', arrives: false }],
    [
      'in the transaction, after the token was written',
      { at: 'UPDATE oauth2_sidecar_renewal r', arrives: false },
    ],
    [
      'in the transaction, after the last statement',
      { at: 'UPDATE oauth2_sidecar_renewal r', arrives: true },
    ],
    ['before the commit', { at: 'COMMIT', arrives: false }],
    ['after the commit, before it is confirmed', { at: 'COMMIT', arrives: true }],
  ] as [string, Cut][])
    it(`leads to one request, one stored token and one event: ${what}`, async () => {
      const id = await createTokenConfigStore(fix).insert(config(`Broken ${what}`), 1);
      const end = new Date(fix.clock().getTime() - 60_000);
      const old = { accessToken: 'old', refreshToken: 'used-up', accessTokenExpiresAt: end };
      await createTokenStore(fix).save(await createTokenStore(fix).get(id), old, 1);
      const db = openDatabase({ ...fix.address, port: proxy.port });
      try {
        const journal = new MemoryJournal();
        let asked = 0;
        const deps = {
          tokens: createTokenStore({ ...fix, db }),
          renewals: createRenewalStore({ ...fix, db }),
          journal,
          settings: settingsReader(),
          caches: { forgetTokenConfigs: async () => undefined },
          clock: fix.clock,
          holder: 'sidecar',
          endpoint: {
            async post() {
              asked++;
              proxy.cut = cut;
              return { access_token: 'new', refresh_token: 'successor', expires_in: 3600 };
            },
          },
        };
        const before = proxy.cuts;
        const { outcome } = await refreshToken(deps, { configId: id, userId: 1, actor: null });
        expect(proxy.cuts, 'the connection was broken').to.equal(before + 1);
        expect(['renewed', 'renewed-elsewhere']).to.include(outcome);
        const row = await createRenewalStore(fix).one(id);
        expect(row?.token).to.include({ accessToken: 'new', refreshToken: 'successor', errorMessage: null });
        expect(row?.renewal).to.include({ outcome: 'renewed', failures: 0 });
        expect(asked).to.equal(1);
        expect(await journal.length()).to.equal(0);
        const events = await fix.rows(
          "SELECT outcome FROM oauth2_sidecar_event WHERE token_config_id = ? AND what = 'renewal'",
          [id],
        );
        expect(events).to.deep.equal([{ outcome: 'ok' }]);
        const [lease] = await fix.rows(
          'SELECT lease_holder FROM oauth2_sidecar_renewal WHERE token_config_id = ?',
          [id],
        );
        expect(lease).to.deep.equal({ lease_holder: null });
      } finally {
        await db.close();
      }
    });
});
