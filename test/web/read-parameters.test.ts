import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import Koa from 'koa';
import type { Agent } from '../../plugin/domain/helpdesk/session.js';
import { SidecarError } from '../../plugin/errors.js';
import { readForm, readQuery } from '../../plugin/web/middleware/read-parameters.js';
import { parsePairs } from '../../plugin/web/parameters.js';
import { discardBody } from '../../plugin/web/read-body.js';
import type { SidecarState } from '../../plugin/web/state.js';

const FORM = 'application/x-www-form-urlencoded';

describe('reading a request', () => {
  let server: Server;
  let agent: Agent | undefined;

  beforeEach(async () => {
    agent = { permission: 'rw' } as Agent;
    const app = new Koa<SidecarState>();
    app.silent = true;
    app.use(discardBody(500));
    app.use(async (ctx, next) => {
      if (agent) ctx.state.agent = agent;
      try {
        await next();
      } catch (error) {
        ctx.status = error instanceof SidecarError ? error.status : 500;
        ctx.body = error instanceof SidecarError ? error.log : 'unexpected';
      }
    });
    app.use(readQuery);
    app.use(readForm);
    app.use((ctx) => {
      const { parameters } = ctx.state;
      ctx.body = JSON.stringify([parameters.every('a'), parameters.file('f')?.content.length ?? 0]);
    });
    server = createServer(app.callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const port = () => (server.address() as AddressInfo).port;
  async function post(body: string | FormData | Buffer, type?: string, query = '?a=1') {
    const headers = type === undefined ? {} : { 'content-type': type };
    const sent = body instanceof Buffer ? new Uint8Array(body) : body;
    const answer = await fetch(`http://127.0.0.1:${port()}/${query}`, {
      method: 'POST',
      body: sent,
      headers,
    });
    return `${answer.status} ${await answer.text()}`;
  }
  /** Announces a body, sends half of it and waits for the answer all the same. */
  const halfSent = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port(), '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
        if (!answer.includes(']')) return;
        socket.destroy();
        resolve(answer);
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
      socket.write(
        `POST /?a=1 HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM}\r\nContent-Length: 1000\r\n\r\na=2&`,
      );
    });

  it("adds an agent's form to the query", async () => {
    expect(await post('a=1&b=2', FORM)).to.equal('200 [["1","1"],0]');
  });

  it('answers without a session before the body has arrived, and reads nothing of it', async () => {
    agent = undefined;
    expect(await halfSent())
      .to.contain('200 OK')
      .and.contain('[["1"],0]');
    expect(await post('a=%ff&'.repeat(300_000), FORM)).to.equal('200 [["1"],0]');
    agent = { permission: 'none' } as Agent;
    expect(await halfSent()).to.contain('[["1"],0]');
  });

  it('refuses 801 parameters without decoding what follows them', async () => {
    expect(() => parsePairs(`${'a&'.repeat(801)}%ff`, '&')).to.throw('More than 800 parameters');
    expect(await post('a&'.repeat(1024 * 1024), FORM)).to.equal('400 More than 800 parameters');
    expect(await post('x&'.repeat(799), FORM)).to.match(/^200/);
    expect(await post('x&'.repeat(800), FORM)).to.equal('400 More than 800 parameters');
  });

  it('refuses 801 parts of a multipart form before any of them is read', async () => {
    const form = new FormData();
    for (let n = 0; n < 801; n++) form.append('x', '');
    expect(await post(form)).to.equal('400 More than 800 parts');
    const upload = new FormData();
    upload.append('a', '2');
    upload.append('f', new Blob(['12345']), 'f.yml');
    expect(await post(upload)).to.equal('200 [["1","2"],5]');
  });

  it('refuses more than 2 MB, announced or not', async () => {
    const large = Buffer.alloc(2 * 1024 * 1024 + 1, 'a');
    expect(await post(large, FORM)).to.match(/^413/);
    const pieces = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 3; n++) controller.enqueue(new Uint8Array(1024 * 1024));
        controller.close();
      },
    });
    const url = `http://127.0.0.1:${port()}/`;
    const init = { method: 'POST', body: pieces, duplex: 'half', headers: { 'content-type': FORM } };
    expect((await fetch(url, init as RequestInit)).status).to.equal(413);
  });

  it('refuses what is not a form or not UTF-8, or contains a zero byte', async () => {
    expect(await post('{}', 'application/json')).to.equal('400 Content type application/json of a form');
    expect(await post(Buffer.from([0x61, 0x3d, 0xff]), FORM)).to.equal('400 The body is not UTF-8');
    expect(await post('a=%00', FORM, '')).to.equal('400 A parameter holds a zero byte');
    const form = new FormData();
    form.append('a', '\0');
    expect(await post(form, undefined, '')).to.equal('400 A parameter holds a zero byte');
    expect(await post('x', 'multipart/form-data')).to.equal('400 The multipart body is broken');
    expect(await post('x', 'multipart/form-data; boundary=y')).to.equal('400 The multipart body is broken');
  });

  it('refuses more than 200 headers', async () => {
    const headers = Object.fromEntries(Array.from({ length: 201 }, (_none, n) => [`x-${n}`, '1']));
    const answer = await fetch(`http://127.0.0.1:${port()}/`, { headers });
    expect(`${answer.status} ${await answer.text()}`).to.equal('400 More than 200 headers');
  });
});
