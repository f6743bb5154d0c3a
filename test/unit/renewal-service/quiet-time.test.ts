import { expect } from 'chai';
import { granted, make } from './setup.js';

describe('after the database was lost', () => {
  it('no token is requested for ten seconds, even if it was back before the next pass', async () => {
    const { renewalService, asked, clock, loseDatabase, replays } = make();
    loseDatabase();
    await renewalService.tick();
    clock.advance(9);
    await renewalService.tick();
    expect([asked, replays()]).to.deep.equal([[], 2]);
    clock.advance(1);
    await renewalService.tick();
    expect(asked).to.deep.equal([7]);
  });

  it('renewals that wait for their turn are not sent either, and are sent later', async () => {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8];
    const all = make((id) => {
      if (id === 1) all.loseDatabase();
      return granted(id);
    }, ids);
    await all.renewalService.tick();
    expect(all.asked).to.deep.equal([1]);
    all.clock.advance(60);
    await all.renewalService.tick();
    expect(all.asked.toSorted()).to.deep.equal(ids);
  });

  it('further losses within half a minute delay nothing', async () => {
    const { renewalService, asked, clock, loseDatabase } = make();
    for (let look = 0; look < 3; look++) {
      loseDatabase();
      await renewalService.tick();
      clock.advance(5);
    }
    expect(asked).to.deep.equal([7]);
  });

  it('a screen takes in what others changed, and no token is requested for it', async () => {
    const { renewalService, asked, clock, loseDatabase, tokens, renewals } = make();
    await renewalService.tick();
    loseDatabase();
    clock.advance(5);
    tokens.overwrite(7, { accessTokenExpiresAt: clock(), changeTime: clock() });
    let looks = 0;
    const reconcile = renewals.reconcile.bind(renewals);
    renewals.reconcile = (now) => {
      looks++;
      return reconcile(now);
    };
    await renewalService.catchUp();
    expect([looks, asked]).to.deep.equal([1, [7]]);
  });
});
