import { stopServer } from '../lab/servers.js';
import { type Attack, prepareAttack, REQUESTS_CGI, shippedSite } from '../support/attack.js';
import { lab } from '../support/lab.js';

describe('the built-in module and callback behind Apache with CGI, in every spelling', function () {
  this.timeout(90 * 60_000);
  let attack: Attack;
  let site: Awaited<ReturnType<typeof shippedSite>>;
  before(async () => {
    attack = await prepareAttack();
    site = await shippedSite('CGI');
  });
  after(async () => {
    await attack?.end();
    await stopServer(lab, site.name);
  });

  it('nothing changes, the built-in module never answers, and what is meant for the sidecar reaches it', () =>
    attack.holds(site.port, REQUESTS_CGI));
});
