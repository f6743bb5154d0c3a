import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { createLog } from '../../../plugin/lib/log.js';
import { createLogStream } from '../../../plugin/lib/log-stream.js';

describe('the log', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  beforeEach(() => lines.splice(0));

  it('holds one JSON object per line', () => {
    log.info({ configId: 7, code: 'grant-dead' }, 'token not renewed');
    log.debug({}, 'not shown');
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? '')).to.include({
      configId: 7,
      code: 'grant-dead',
      msg: 'token not renewed',
    });
  });

  it('hides the values of secret fields', () => {
    const secret = 'hush-hush-4711';
    log.warn(
      {
        token: secret,
        refresh_token: secret,
        ClientSecret: secret,
        state: secret,
        verifier: secret,
        cookie: secret,
        authorization: secret,
        inner: { code: secret, accessToken: secret, deeper: { code_verifier: secret, password: secret } },
      },
      'careless',
    );
    expect(lines.join('')).not.to.include(secret);
    expect(JSON.parse(lines[0] ?? '')).to.have.nested.property('inner.code', '[redacted]');
  });

  it('hides them at any depth, in lists, texts and errors, and stops at cycles', () => {
    const secret = 'hush-hush-4711';
    const error = Object.assign(new Error(`POST failed: refresh_token=${secret}&x=1`), {
      code: 'ECONNRESET',
      config: { client_secret: secret },
      cause: new Error(`Authorization: Bearer ${secret}`),
    });
    const facts: Record<string, unknown> = {
      a: { b: { c: { d: [{ idToken: secret }, { 'set-cookie': [secret] }] } } },
      url: `https://idp.example.org/cb?code=${secret}&state=${secret}`,
      body: JSON.stringify({ access_token: secret, expires_in: 5 }),
      error,
    };
    facts.self = facts;
    log.error(facts, `failed with client_secret=${secret}`);
    expect(lines.join('')).not.to.include(secret);
    expect(JSON.parse(lines[0] ?? '')).to.deep.include({ self: '[circular]' });
    expect(JSON.parse(lines[0] ?? '')).to.have.nested.property('error.code', 'ECONNRESET');
    expect(JSON.parse(lines[0] ?? '')).to.have.nested.property(
      'error.message',
      'POST failed: refresh_token=[redacted]&x=1',
    );
  });

  it('tells the code of an error from an authorization code', () => {
    for (const code of ['grant-dead', 'internal', 'ECONNRESET', 'ER_LOCK_DEADLOCK'])
      log.info({ code, inner: { code } }, 'x');
    expect(lines.map((line) => (JSON.parse(line) as { inner: { code: string } }).inner.code)).to.deep.equal([
      'grant-dead',
      'internal',
      'ECONNRESET',
      'ER_LOCK_DEADLOCK',
    ]);
    log.info({ code: '4/0AeanS0a-Xy_9' }, 'x');
    expect(JSON.parse(lines[4] ?? '')).to.have.property('code', '[redacted]');
  });

  it('holds each line in order when a process ends, however busy its threads are', () => {
    const program = `
      const { pbkdf2 } = await import('node:crypto');
      const { createLog } = await import('./plugin/lib/log.ts');
      const log = createLog('info');
      // The only thread that could write for us has something else to do.
      pbkdf2('x', 'y', 2_000_000, 64, 'sha512', () => undefined);
      log.info({}, 'first');
      log.info({}, 'second');
      process.exit(0);`;
    const { stdout } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      {
        cwd: path.resolve(import.meta.dirname, '../../..'),
        env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      },
    );
    const written = stdout.toString().trimEnd().split('\n');
    expect(written.map((line) => (JSON.parse(line) as { msg: string }).msg)).to.deep.equal([
      'first',
      'second',
    ]);
  });

  it('does not end the process when it cannot be written', () => {
    const program = `
      const { createLog } = await import('./plugin/lib/log.ts');
      const log = createLog('info');
      for (let line = 0; line < 1000; line++) log.info({ line }, 'lost');
      await new Promise((resolve) => setTimeout(resolve, 50));
      process.stderr.write('still here');`;
    const command = `exec "$0" --import tsx --input-type=module --eval "$1" > /dev/full`;
    const { stderr, status } = spawnSync('sh', ['-c', command, process.execPath, program], {
      cwd: path.resolve(import.meta.dirname, '../../..'),
    });
    expect([stderr.toString(), status]).to.deep.equal(['still here', 0]);
  });

  it('says how many lines are missing as soon as it can be written again', () => {
    let room = 1000;
    let text = '';
    const stream = createLogStream((bytes) => {
      if (room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      const part = Buffer.from(bytes).subarray(0, room);
      room -= part.length;
      text += part;
      return part.length;
    });
    stream.write('{"msg":"a"}\n');
    room = 5;
    for (const msg of ['torn', 'b', 'c']) stream.write(`{"msg":"${msg}"}\n`);
    room = 1000;
    for (const msg of ['d', 'e']) stream.write(`{"msg":"${msg}"}\n`);
    const written = text.trimEnd().split('\n');
    expect(written.map((line) => (line.endsWith('}') ? JSON.parse(line).msg : line))).to.deep.equal([
      'a',
      '{"msg',
      'lines of the log could not be written',
      'd',
      'e',
    ]);
    expect(JSON.parse(written[2] ?? '').lines).to.equal(3);
  });
});
