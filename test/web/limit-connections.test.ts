import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { limitConnections } from '../../plugin/web/limit-connections.js';

const MOST = 5;

describe('more clients than there is room for', () => {
  const answers: http.ServerResponse[] = [];
  const clients: net.Socket[] = [];
  let server: http.Server;
  let port: number;

  beforeEach(async () => {
    answers.length = 0;
    server = http.createServer((request, response) => {
      if (request.url === '/wait') answers.push(response);
      else response.end('ok');
    });
    limitConnections(server, MOST);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function connect(): Promise<net.Socket> {
    const client = net.connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'connect');
    return client;
  }
  /** @returns the status line of the answer */
  async function ask(client: net.Socket, path: string): Promise<string> {
    client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [data] = await once(client, 'data');
    return String(data).split('\r\n')[0] ?? '';
  }
  const open = () =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

  it('are cut when they are idle, the longest idle first, and clients with a request are answered', async () => {
    const idle: net.Socket[] = [];
    for (let number = 0; number < MOST; number++) idle.push(await connect());
    // Which is then no longer the one that has been idle the longest.
    expect(await ask(idle[0] as net.Socket, '/')).to.equal('HTTP/1.1 200 OK');
    const closed = once(idle[1] as net.Socket, 'close');
    const late = await connect();
    await closed;
    expect(await ask(late, '/')).to.equal('HTTP/1.1 200 OK');
    expect(idle.map(({ destroyed }) => destroyed)).to.deep.equal([false, true, false, false, false]);
    expect(await open()).to.equal(MOST);
  });

  it('are kept while they wait for an answer, and get it', async () => {
    const waiting: Promise<string>[] = [];
    for (let number = 0; number < MOST; number++) waiting.push(ask(await connect(), '/wait'));
    while (answers.length < MOST) await new Promise((resolve) => setTimeout(resolve, 5));
    const oneMore = await connect();
    await once(oneMore, 'close');
    for (const answer of answers) answer.end('late');
    expect(await Promise.all(waiting)).to.deep.equal(Array(MOST).fill('HTTP/1.1 200 OK'));
  });

  it('leave a place for one client even when idle ones flood in', async () => {
    const flood = Array.from({ length: 200 }, () => connect());
    await Promise.all(flood);
    expect(await ask(await connect(), '/')).to.equal('HTTP/1.1 200 OK');
    expect(await open()).to.equal(MOST);
  });
});
