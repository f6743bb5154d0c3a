import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { expect } from 'chai';
import { splice } from '../../../plugin/relay/splice.js';

/** A connection that remembers the bytes of each system call that would write to it. */
class Connection extends Duplex {
  written: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.written.push(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }
  setNoDelay = () => this;
  setTimeout = () => this;
  setKeepAlive = () => this;
}

describe('the bytes that the relay passes on', () => {
  const RECORD = 4096;
  function spliced() {
    const [client, upstream] = [new Connection(), new Connection()];
    const none = Buffer.alloc(0);
    const ended = splice(client as unknown as Socket, upstream as unknown as Socket, {
      client: none,
      upstream: none,
    });
    return { client, upstream, ended };
  }

  it('reach the client together if many small records of a large mail come, whole and in order', async () => {
    const { client, upstream, ended } = spliced();
    const records = Array.from({ length: 1000 }, (_, number) => Buffer.alloc(RECORD, number % 256));
    for (const record of records) {
      upstream.push(record);
      await tick();
    }
    upstream.push(null);
    client.push(null);
    await ended;
    expect(Buffer.concat(client.written).equals(Buffer.concat(records))).to.equal(true);
    expect(client.written.length).to.be.lessThan(records.length / 2);
  });

  it('reach the client at once after each command', async () => {
    const { client, upstream } = spliced();
    for (let command = 0; command < 50; command++) {
      client.push('a FETCH 1 BODY[]\r\n');
      await tick();
      upstream.push(Buffer.alloc(RECORD));
      await tick();
      expect(client.written).to.have.length(command + 1);
    }
    expect(Buffer.concat(upstream.written).toString()).to.equal('a FETCH 1 BODY[]\r\n'.repeat(50));
  });
});
