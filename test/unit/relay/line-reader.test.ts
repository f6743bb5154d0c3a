import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createLineReader } from '../../../plugin/relay/line-reader.js';
import { createRandom } from '../../support/random.js';

const readerOf = (stream: PassThrough) => createLineReader(stream as unknown as Socket);
const faultOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (value) => `read: ${String(value)}`,
    (error: Error) => `${error.name}: ${error.message}`.replace(/: $/, ''),
  );

function sent(bytes: string | Buffer) {
  const stream = new PassThrough();
  stream.end(bytes);
  return readerOf(stream);
}

describe("the reader of a client's lines", () => {
  it('reads lines and literals however the network cuts them, and leaves the rest for the mail server', async () => {
    const random = createRandom(5);
    const bytes = Buffer.from('a LOGIN {4}\r\n\r\n\xff\0 "pw"\r\nb SELECT INBOX\r\nc', 'latin1');
    for (let round = 0; round < 200; round++) {
      const stream = new PassThrough();
      const reader = readerOf(stream);
      const reading = (async () => [await reader.line(), await reader.bytes(4), await reader.line()])();
      for (let at = 0; at < bytes.length; ) {
        const next = at + 1 + random.below(9);
        stream.write(bytes.subarray(at, next));
        at = next;
        if (random.chance(0.5)) await new Promise(setImmediate);
      }
      stream.end();
      expect(await reading).to.deep.equal(['a LOGIN {4}', '\r\n\xff\0', ' "pw"']);
      const rest = [reader.release()];
      for await (const chunk of stream) rest.push(chunk);
      expect(Buffer.concat(rest).toString()).to.equal('b SELECT INBOX\r\nc');
    }
  });

  it('ends at a line feed, a carriage return or a NUL alone: they are what smuggling is made of', async () => {
    for (const bytes of ['EHLO a\nAUTH x\r\n', 'EHLO a\r\r\n', 'EHLO \0a\r\n', '\n', 'a\rb\r\n'])
      expect(await faultOf(sent(bytes).line()), JSON.stringify(bytes)).to.match(/^ProtocolFault/);
    expect(await faultOf(sent('a\r\n').line())).to.equal('read: a');
  });

  it('ends at a line of more than 8 KB, at a larger literal, and at more than 32 KB in all', async () => {
    expect(await faultOf(sent(`${'a'.repeat(8191)}\r\n`).line())).to.match(/^read: a{8191}$/);
    expect(await faultOf(sent('a'.repeat(9000)).line())).to.equal('ProtocolFault: line too long');
    expect(await faultOf(sent(`${'a'.repeat(9000)}\r\n`).line())).to.equal('ProtocolFault: line too long');
    expect(await faultOf(sent('').bytes(9000))).to.equal('ProtocolFault: literal too long');
    for (const next of ['line', 'bytes'] as const) {
      const endless = new PassThrough();
      const reader = readerOf(endless);
      let read = 0;
      const fault = faultOf(
        (async () => {
          for (;;) read += (await (next === 'line' ? reader.line() : reader.bytes(1500))).length;
        })(),
      );
      for (let count = 0; count < 100; count++) {
        endless.write(`${'a'.repeat(1000)}\r\n`);
        await new Promise(setImmediate);
      }
      endless.end();
      expect(await fault, next).to.equal('ProtocolFault: too much');
      expect(read, next).to.be.lessThan(40_000);
    }
  });

  it('says that the client has left, and whether something arrived ahead', async () => {
    expect(await faultOf(sent('half a line').line())).to.equal('ClientGone');
    const reader = sent('STARTTLS\r\nEHLO early\r\n');
    await reader.line();
    expect(reader.hasMore()).to.equal(true);
    const other = sent('STARTTLS\r\n');
    await other.line();
    expect(other.hasMore()).to.equal(false);
  });
});
