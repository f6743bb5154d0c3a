import { nginxRules } from '../../plugin/helpdesk/nginx-rules.js';
import { rulesOf } from '../lab/apache.js';
import { freePort, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { channelRules } from '../lab/sidecar-channel.js';
import { type Attack, prepareAttack, REQUESTS, shippedSite } from '../support/attack.js';
import { lab } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';

describe('the built-in module and callback behind nginx and Apache, in every spelling', function () {
  this.timeout(1_200_000);
  let attack: Attack;
  let apache: Awaited<ReturnType<typeof shippedSite>>;
  let nginx: Awaited<ReturnType<typeof startNginx>>;
  let port: number;
  before(async () => {
    attack = await prepareAttack();
    apache = await shippedSite('mod_perl');
    port = await freePort();
    nginx = await startNginx(
      (folder) => `server {
    listen 127.0.0.1:${port};
    include ${folder}/rules.conf;
    location / {
      proxy_pass http://127.0.0.1:${apache.port};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }`,
      { 'rules.conf': nginxRules({ ...rulesOf(lab), ...channelRules(lab, lab.ports.sidecar) }) },
    );
    await until('nginx', () =>
      fetch(`http://127.0.0.1:${port}/otrs/index.pl`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  });
  after(async () => {
    await attack?.end();
    await nginx?.stop();
    await stopServer(lab, apache.name);
  });

  it('nothing changes, the built-in module never answers, and what is meant for the sidecar reaches it', () =>
    attack.holds(port, REQUESTS));
});
