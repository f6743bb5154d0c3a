import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { createLog } from '../../../plugin/lib/log.js';

describe('log', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  beforeEach(() => lines.splice(0));

  it('writes one JSON object a line', () => {
    log.info({ configId: 7, code: 'grant-dead' }, 'token not renewed');
    log.debug({}, 'not shown');
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? '')).to.include({
      configId: 7,
      code: 'grant-dead',
      msg: 'token not renewed',
    });
  });

  it('hides values of secret fields', () => {
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

  it('hides them at any depth, in lists, texts and errors, and ends cycles', () => {
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

  it('has written each line when a process ends, in their order, however busy its threads are', () => {
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
});
