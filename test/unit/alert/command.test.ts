import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createCommand } from '../../../plugin/alert/command.js';
import type { AlertMessage } from '../../../plugin/domain/alert/alert-message.js';

const MESSAGE: AlertMessage = {
  id: 'msg_1',
  type: 'problem',
  at: '2026-11-24T12:00:00.000Z',
  title: 'Needs attention: $(id) `id` "quoted"',
  text: 'ü',
  link: 'https://help.example/index.pl',
  groups: [],
};

describe('the command as an alert channel', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'alert-command-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function program(name: string, lines: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${lines}\n`);
    chmodSync(file, 0o755);
    return file;
  }
  const send = (file: string, options: object = {}) =>
    createCommand(file, { isRoot: false, ...options }).send(MESSAGE);

  it('reads the message as one line of JSON, without arguments and without our environment', async () => {
    process.env.SIDECAR_ALERT_SMTP_PASSWORD = 'secret-of-the-service';
    const file = program(
      'reads',
      `cat > "${folder}/input"; env > "${folder}/env"; echo $# > "${folder}/args"`,
    );
    try {
      expect(await send(file)).to.deep.equal({ ok: true, answer: 'exit code 0' });
    } finally {
      delete process.env.SIDECAR_ALERT_SMTP_PASSWORD;
    }
    const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
    expect(read('input').trimEnd().split('\n')).to.have.length(1);
    const { id: _id, type: _type, at, ...data } = MESSAGE;
    expect(JSON.parse(read('input'))).to.deep.equal({
      id: 'msg_1',
      type: 'alert.problem',
      timestamp: at,
      data,
    });
    expect(read('env')).to.not.contain('secret-of-the-service');
    expect(read('args').trim()).to.equal('0');
  });

  it('has failed where it ends with another code, and shows nothing that it prints', async () => {
    const file = program('fails', 'echo some-secret; echo some-secret >&2; exit 3');
    expect(await send(file)).to.deep.equal({ ok: false, answer: 'exit code 3' });
  });

  it('has failed where there is no such program, or it cannot be run', async () => {
    expect(await send(path.join(folder, 'missing'))).to.deep.equal({ ok: false, answer: 'not found' });
    const file = path.join(folder, 'no-program');
    writeFileSync(file, '');
    expect(await send(file)).to.deep.equal({ ok: false, answer: 'not started' });
  });

  it('is killed with its children when it takes too long or prints too much', async () => {
    const sleeps = program('sleeps', `sleep 60 & echo $! > "${folder}/child"; wait`);
    expect(await send(sleeps, { limit: 1000 })).to.deep.equal({
      ok: false,
      answer: 'stopped: took too long',
    });
    const child = Number(readFileSync(path.join(folder, 'child'), 'utf8'));
    let state = '';
    for (let tries = 0; tries < 50 && state !== 'gone'; tries++) {
      try {
        state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1] ?? '';
        if (state === 'Z') state = 'gone';
        else await new Promise((resolve) => setTimeout(resolve, 100));
      } catch {
        state = 'gone';
      }
    }
    expect(state).to.equal('gone');
    const prints = program('prints', 'while :; do echo 0123456789012345678901234567890123456789; done');
    expect(await send(prints)).to.deep.equal({ ok: false, answer: 'stopped: printed too much' });
  });

  it('is not run by a service that runs as root', async () => {
    const file = program('root', `touch "${folder}/ran"`);
    expect(await send(file, { isRoot: true })).to.deep.equal({ ok: false, answer: 'not run as root' });
    expect(() => readFileSync(path.join(folder, 'ran'))).to.throw('ENOENT');
  });
});
