import { nginxRules } from '../../plugin/helpdesk/nginx-rules.js';
import { rulesOf } from '../lab/apache.js';
import { freePort, until } from '../lab/ports.js';
import { channelRules } from '../lab/sidecar-channel.js';
import { lab } from './instance.js';
import { startNginx } from './nginx.js';

/** An nginx with the shipped rules in front of the helpdesk's Apache. */
export async function nginxFront(): Promise<{ port: number; url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const nginx = await startNginx(
    (folder) => `server {
    listen 127.0.0.1:${port};
    # The browser of this test says from where it comes.
    set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;
    include ${folder}/rules.conf;
    location / {
      proxy_pass http://127.0.0.1:${lab.ports.apache};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }`,
    { 'rules.conf': nginxRules({ ...rulesOf(lab), ...channelRules(lab, lab.ports.sidecar) }) },
  );
  const url = `http://127.0.0.1:${port}/otrs/index.pl`;
  await until('nginx', async () => (await fetch(url).catch(() => undefined))?.status === 200);
  return { port, url, stop: nginx.stop };
}
