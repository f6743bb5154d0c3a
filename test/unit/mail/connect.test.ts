import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
import { expect } from 'chai';
import { resolveName } from '../../../plugin/mail/connect.js';

describe('the name of a mail server', () => {
  const genuine = dns.lookup;
  const asked: string[] = [];
  let answer: (work: Promise<never> | { address: string; family: number }[]) => void;

  beforeEach(() => {
    asked.length = 0;
    dns.lookup = ((host: string) => {
      asked.push(host);
      return new Promise((resolve) => {
        answer = resolve as typeof answer;
      });
    }) as never;
    syncBuiltinESMExports();
  });
  afterEach(() => {
    dns.lookup = genuine;
    syncBuiltinESMExports();
  });

  it('is resolved once for all who ask meanwhile, and again for the next one', async () => {
    const clients = Array.from({ length: 500 }, () => resolveName('imap.example.org'));
    expect(asked).to.deep.equal(['imap.example.org']);
    const addresses = [{ address: '192.0.2.1', family: 4 }];
    answer(addresses);
    for (const found of await Promise.all(clients)) expect(found).to.deep.equal(addresses);
    const next = resolveName('imap.example.org');
    expect(asked).to.have.length(2);
    answer(Promise.reject(new Error('no such name')));
    expect(await next.catch((error: Error) => error.message)).to.equal('no such name');
    void resolveName('imap.example.org');
    expect(asked).to.have.length(3);
    answer(addresses);
  });

  it('that is an address is asked of nobody', async () => {
    expect(await resolveName('2001:db8::1')).to.deep.equal([{ address: '2001:db8::1', family: 6 }]);
    expect(asked).to.deep.equal([]);
  });
});
