import { expect } from 'chai';
import { startPlainApache } from '../lab/apache.js';
import { stopServer } from '../lab/servers.js';
import { openBuiltIn } from '../lab/shipped-site.js';
import { type Attack, checksums, prepareAttack, REQUESTS, shippedSite } from '../support/attack.js';
import { itWithTokens, lab } from '../support/lab.js';

describe('the built-in module and callback behind Apache with mod_perl, in every spelling', function () {
  this.timeout(1_200_000);
  let attack: Attack;
  before(async () => {
    attack = await prepareAttack();
  });
  after(() => attack?.end());

  it('nothing changes, the built-in module never answers, and what is meant for the sidecar reaches it', async () => {
    const { port, name } = await shippedSite('mod_perl');
    try {
      await attack.holds(port, REQUESTS);
    } finally {
      await stopServer(lab, name);
    }
  });

  // This is the last test, because it destroys what the other one looks at.
  itWithTokens('the same requests do harm where the module is open and no rules are in place', async () => {
    const close = openBuiltIn(lab);
    try {
      const port = await startPlainApache(lab);
      const before = await checksums();
      const { faults } = await attack.send(port, 60);
      const told = faults.filter((fault) => fault.startsWith('the built-in module answered'));
      expect(told.length).to.be.greaterThan(3);
      expect(await checksums()).to.not.deep.equal(before);
    } finally {
      close();
      await stopServer(lab, 'apache-plain');
    }
  });
});
