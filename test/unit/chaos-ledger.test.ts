import { expect } from 'chai';
import { judge } from '../chaos/rig/judge.js';
import { createLedger } from '../chaos/rig/ledger.js';

describe('the ledger of the strict provider', () => {
  let now = 1000;
  const ledger = createLedger(() => now);
  const use = (token: string) => ledger.exchange(token);

  it('takes each refresh token once; a second use ends the grant', () => {
    const first = ledger.grant(1);
    const second = use(first.refreshToken);
    expect(second?.refreshToken).to.equal(ledger.newestToken(1));
    expect(use('refresh-1-7-guessed')).to.equal(null);
    expect(ledger.grants.get(1)?.alive).to.equal(true);
    expect(use(first.refreshToken)).to.equal(null);
    expect(use(second?.refreshToken ?? '')).to.equal(null);
    const grant = ledger.grants.get(1);
    expect([grant?.alive, grant?.reused.map(({ used }) => used)]).to.deep.equal([false, [0]]);
  });

  it('tells an answer that a kill caught on the wire from one that had been read or was never disturbed', () => {
    const asked = (at: number, readAt: number | undefined, closedAt: number) => {
      now = at;
      const number = ledger.grants.size + 1;
      const done = use(ledger.grant(number).refreshToken);
      if (!done) throw new Error('refused');
      return Object.assign(done.exchange, { readAt, closedAt });
    };
    const before = asked(2000, 2100, 2100);
    const read = asked(2900, 2940, 3100);
    const justRead = asked(2900, 2960, 2960);
    const unread = asked(2900, undefined, 3100);
    const late = asked(3300, 3400, 3400);
    now = 3000;
    const hasGone = ledger.noteKill();
    now = 3200;
    hasGone();
    expect([before, read, justRead, unread, late].map(ledger.causeOf)).to.deep.equal([
      'lost',
      'lost',
      'wire',
      'wire',
      'lost',
    ]);
    before.withheld = true;
    expect(ledger.causeOf(before)).to.equal('withheld');
    expect(ledger.causeOf(undefined)).to.equal('lost');
  });

  it('counts an answer that reaches the row a moment later as kept, and one that never does as lost', async () => {
    const own = createLedger();
    const [first, second] = [own.grant(1), own.grant(2)].map(({ refreshToken }) => refreshToken) as [
      string,
      string,
    ];
    const next = own.exchange(first)?.refreshToken ?? '';
    own.exchange(second);
    let reads = 0;
    const rows = async (statement: string) => {
      if (!statement.includes('oauth2_token t')) return [];
      reads++;
      return [
        ['1', reads > 2 ? next : first],
        ['2', second],
      ];
    };
    const { lost, forgotten, reuse } = await judge({ rows }, own, { most: 5, between: 1 });
    expect({ lost, forgotten, reuse, reads }).to.deep.equal({
      lost: [2],
      forgotten: [],
      reuse: [],
      reads: 5,
    });
  });
});
