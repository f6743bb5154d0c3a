import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'chai';
import {
  hasEnded,
  holderName,
  isEndedPredecessor,
  processIdentity,
} from '../../../plugin/lib/process-identity.js';

const MODULE = path.resolve(import.meta.dirname, '../../../plugin/lib/process-identity.js');

/** Another process that prints its identity and lives until it is told to end. */
async function another() {
  const script = `import(${JSON.stringify(MODULE)}).then((m) => {
    process.stdout.write(JSON.stringify([m.processIdentity(), m.holderName('/state')]));
    setTimeout(() => undefined, 60_000);
  })`;
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', script]);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const [identity = '', holder = ''] = JSON.parse(said.toString()) as string[];
  return {
    identity,
    holder,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('the identity of a process', () => {
  it('fits into the columns and contains no separators', () => {
    expect(processIdentity()).to.match(/^[0-9a-z]+\.[0-9a-z]+\.[0-9a-z]+$/);
    expect(processIdentity().length).to.be.at.most(30);
    expect(holderName(`/${'x'.repeat(200)}`).length).to.be.at.most(100);
  });

  it('tells whether a process of this machine has ended, even where its number is in use again', async () => {
    const other = await another();
    expect(hasEnded(other.identity)).to.equal(false);
    const [place = '', pid = '', began = ''] = other.identity.split('.');
    const before = (Number.parseInt(began, 36) - 1).toString(36);
    expect(hasEnded(`${place}.${pid}.${before}`), 'its number, an earlier start').to.equal(true);
    await other.kill();
    expect(hasEnded(other.identity)).to.equal(true);
    expect(hasEnded(`${other.identity}.abcd`), 'with something behind it').to.equal(true);
    expect(hasEnded(`0123456789.${pid}.${began}`), 'on another machine or before a boot').to.equal(null);
    expect(hasEnded('4711')).to.equal(null);
    expect(hasEnded('')).to.equal(null);
    expect(hasEnded(processIdentity())).to.equal(false);
  }).timeout(60_000);

  it('makes only an ended process with the same journal a predecessor', async () => {
    const other = await another();
    const own = holderName('/state');
    expect(isEndedPredecessor(own, other.holder)).to.equal(false);
    await other.kill();
    expect(isEndedPredecessor(own, other.holder)).to.equal(true);
    expect(isEndedPredecessor(holderName('/other'), other.holder)).to.equal(false);
    expect(
      isEndedPredecessor(own, 'host:4711:0b7c5f3e-7f0e-4c39-9a55-1b9f3d2f8a10'),
      'of version 0.1',
    ).to.equal(false);
  }).timeout(60_000);
});
