import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, type RequestListener, request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Channel } from '../../plugin/domain/helpdesk/channel.js';
import { SidecarError } from '../../plugin/errors.js';
import { type Listeners, listen } from '../../plugin/listen/listen.js';
import { until } from '../lab/ports.js';

/** What answers there: the channel of the request; '' for nobody. */
const ask = (where: { socketPath: string; agent?: Agent } | { port: number }): Promise<string> =>
  new Promise((resolve) => {
    request({ ...where, host: '127.0.0.1', path: '/' }, (answer) => {
      answer.once('data', (chunk: Buffer) => resolve(String(chunk)));
    })
      .on('error', () => resolve(''))
      .end();
  });

describe('the sidecar', () => {
  let folder: string;
  const open: Listeners[] = [];
  const others: Server[] = [];
  const lines: { level: string; facts: Record<string, unknown> }[] = [];
  const log = {
    info: (facts: object) => void lines.push({ level: 'info', facts: { ...facts } }),
    warn: (facts: object) => void lines.push({ level: 'warn', facts: { ...facts } }),
    error: (facts: object) => void lines.push({ level: 'error', facts: { ...facts } }),
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sidecar-listen-'));
    lines.length = 0;
  });
  afterEach(() => {
    for (const listeners of open.splice(0)) {
      void listeners.close();
      listeners.closeAll();
    }
    for (const server of others.splice(0)) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (
    socket: string | null,
    port = 0,
    handle: (channel: Channel) => RequestListener = (channel) => (_request, response) =>
      response.end(channel),
  ): Promise<void> => {
    open.push(
      await listen({
        inherited: [],
        socket,
        host: '127.0.0.1',
        port,
        log,
        limit: () => undefined,
        handle,
      }),
    );
  };
  /** Those opened last. */
  const portOf = (channel: Channel): number =>
    Number(lines.find(({ facts }) => facts.channel === channel && facts.port !== undefined)?.facts.port);
  const squat = (): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer();
      others.push(server);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const refusal = async (socket: string): Promise<string> => {
    try {
      await start(socket);
    } catch (error) {
      expect(error).to.be.instanceOf(SidecarError);
      expect((error as SidecarError).code).to.equal('config-invalid');
      return (error as SidecarError).detail ?? '';
    }
    throw new Error('nothing was thrown');
  };

  it('listens on the Unix socket, for owner and group only, with health and metrics on the port', async () => {
    const socket = path.join(folder, 'run/http.sock');
    await start(socket);
    expect((statSync(socket).mode & 0o777).toString(8)).to.equal('660');
    expect(await ask({ socketPath: socket })).to.equal('unix');
    expect(await ask({ port: portOf('status') })).to.equal('status');
    const umask = process.umask(0o022);
    process.umask(umask);
    expect(umask, 'nothing else is changed').to.not.equal(0o117);
  });

  it('listens on the port alone where there is no Unix socket', async () => {
    await start(null);
    expect(await ask({ port: portOf('tcp') })).to.equal('tcp');
    expect(lines).to.have.length(1);
  });

  it('replaces the socket that a killed process has left behind, and no other file', async () => {
    const left = path.join(folder, 'left.sock');
    const program = `require('node:net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await new Promise((resolve) => spawn(process.execPath, ['-e', program]).once('exit', resolve));
    expect(existsSync(left)).to.equal(true);
    await start(left);
    expect(await ask({ socketPath: left })).to.equal('unix');
    expect(await refusal(left)).to.match(/left\.sock is in use\./);
    const file = path.join(folder, 'file');
    writeFileSync(file, 'kept');
    expect(await refusal(file)).to.match(/file is in use\./);
    expect(statSync(file).size).to.equal(4);
  });

  it('opens no socket in a folder where everybody may write, or that cannot be created', async () => {
    chmodSync(folder, 0o1777);
    expect(await refusal(path.join(folder, 'a.sock'))).to.match(/^Everybody may write to /);
    chmodSync(folder, 0o700);
    if (process.getuid?.() === 0) {
      chownSync(folder, 1, 0);
      expect(await refusal(path.join(folder, 'a.sock'))).to.match(/ belongs to user 1, so the socket/);
      chownSync(folder, 0, 0);
    }
    expect(await refusal(path.join(folder, 'a/b/c.sock'))).to.match(/cannot be created \(ENOENT\)/);
  });

  it('starts although another program has taken the port of health and metrics, and says so', async () => {
    const port = await squat();
    const socket = path.join(folder, 'a.sock');
    await start(socket, port);
    expect(await ask({ socketPath: socket })).to.equal('unix');
    expect(lines.find(({ level }) => level === 'error')?.facts.fault).to.contain(
      `Port ${port} is in use already`,
    );
  });

  it('does not start where another program has taken the port of the screens', async () => {
    const port = await squat();
    const error = await start(null, port).catch((thrown: unknown) => thrown);
    expect((error as SidecarError).code).to.equal('config-invalid');
  });

  it('answers what has arrived before it closes, and waits for no idle client', async () => {
    const socketPath = path.join(folder, 'run.sock');
    let answer: () => void = () => undefined;
    let requests = 0;
    const arrived = new Promise<void>((resolve) => {
      void start(socketPath, 0, () => (_request, response) => {
        requests++;
        if (requests === 1) return response.end('idle');
        answer = () => response.end('in time');
        return resolve();
      });
    });
    await until('the socket', () => existsSync(socketPath));
    const agent = new Agent({ keepAlive: true });
    expect(await ask({ socketPath, agent })).to.equal('idle');
    const asked = ask({ socketPath });
    await arrived;
    let isClosed = false;
    const closed = open[0]?.close().then(() => (isClosed = true));
    expect(await ask({ socketPath }), 'a new client').to.equal('');
    expect(isClosed).to.equal(false);
    answer();
    expect(await asked).to.equal('in time');
    await closed;
    agent.destroy();
  });

  it('closes within its limit although a request is not answered', async () => {
    const socketPath = path.join(folder, 'run.sock');
    const arrived = new Promise<void>((resolve) => {
      void start(socketPath, 0, () => () => resolve());
    });
    await until('the socket', () => existsSync(socketPath));
    const asked = ask({ socketPath });
    await arrived;
    await open[0]?.close();
    open[0]?.closeAll();
    expect(await asked).to.equal('');
  }).timeout(10_000);
});
