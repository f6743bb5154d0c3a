import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { answerUnreadable } from '../../plugin/listen/answer-unreadable.js';

describe('a request that is not HTTP', () => {
  const LIMIT = 300;
  let server: http.Server;

  beforeEach(async () => {
    server = http.createServer({ maxHeaderSize: 1024 }, (_request, response) => response.end('ok'));
    answerUnreadable(server, LIMIT);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function connect() {
    const client = net.connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    const seen = { faults: [] as string[], answer: '' };
    client.on('error', (error: NodeJS.ErrnoException) => seen.faults.push(error.code ?? ''));
    client.on('data', (chunk) => {
      seen.answer += chunk;
    });
    return { client, seen };
  }

  for (const [what, head, status] of [
    [
      'has a method in small letters',
      'get / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n',
      '400 Bad Request',
    ],
    [
      'has too many headers',
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(2000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
  ])
    it(`and ${what} is answered while its client still sends, and the client is not cut off`, async () => {
      const { client, seen } = connect();
      client.write(head as string);
      await once(client, 'data');
      for (let piece = 0; piece < 10; piece++) {
        client.write('a&'.repeat(500));
        await pause(5);
      }
      client.end();
      await once(client, 'close');
      expect(seen).to.deep.equal({ faults: [], answer: `HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n` });
    });

  it('is cut off at last if its client never ends', async () => {
    const { client, seen } = connect();
    client.write('get / HTTP/1.1\r\n\r\n');
    await once(client, 'end');
    // Whoever writes on learns that nobody receives any more.
    while (!client.destroyed) {
      client.write('a');
      await pause(20);
    }
    expect(seen.faults).to.have.length(1);
  });
});
