import { expect } from 'chai';
import { granted, make } from './setup.js';

/** Milliseconds. */
const THEIRS = 2500;

describe('a token that has ended and that the helpdesk may be refreshing at this moment', () => {
  async function ended() {
    const all = make(granted, [7], undefined, THEIRS);
    await all.renewalService.tick();
    expect(all.asked, 'ahead of its end it is renewed at once').to.deep.equal([7]);
    all.clock.advance(3600);
    return all;
  }
  const end = ({ tokens }: ReturnType<typeof make>) => tokens.rows.get(7)?.accessTokenExpiresAt;

  it('is first kept from the helpdesk, and renewed a moment later', async () => {
    const all = await ended();
    await all.renewalService.tick();
    expect(all.asked).to.deep.equal([7]);
    expect(end(all)).to.deep.equal(new Date(all.clock().getTime() + 60_000));
    all.clock.advance(THEIRS / 1000);
    await all.renewalService.tick();
    expect(all.asked).to.deep.equal([7, 7]);
  });

  it("is not renewed where the helpdesk's own refresh has reached the row by then", async () => {
    const all = await ended();
    await all.renewalService.tick();
    const later = new Date(all.clock().getTime() + 3_600_000);
    all.tokens.overwrite(7, {
      accessToken: 'theirs',
      refreshToken: 'theirs',
      accessTokenExpiresAt: later,
      changeTime: all.clock(),
    });
    for (let look = 0; look < 5; look++) {
      all.clock.advance(20);
      await all.renewalService.tick();
    }
    expect(all.asked).to.deep.equal([7]);
    expect(all.tokens.rows.get(7)?.accessToken).to.equal('theirs');
  });

  it('waits only once, even where its row could not be kept from the helpdesk', async () => {
    const all = await ended();
    all.renewals.holdOff = async () => undefined;
    await all.renewalService.tick();
    all.clock.advance(THEIRS / 1000);
    await all.renewalService.tick();
    expect(all.asked).to.deep.equal([7, 7]);
  });
});
