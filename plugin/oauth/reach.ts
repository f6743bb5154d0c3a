import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { ADDRESS_REFUSED_CODE, type EndpointInspector, PROXY_CODE } from '../domain/doctor/doctor-ports.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { withoutUpgrade } from '../lib/no-upgrade.js';
import type { AddressRules } from '../lib/safe-address.js';
import { createAgent } from './agent.js';
import { AddressRefused } from './guarded-agent.js';

const TIMEOUT = 8000;

/** Sends a GET with the helpdesk's proxy and certificate settings; the body is not read. */
export function createEndpointInspector({
  settings,
  addresses,
}: {
  settings: SettingsReader;
  addresses: AddressRules;
}): EndpointInspector {
  return {
    async reach(address) {
      const url = new URL(address);
      const agent = await createAgent({ settings: await settings.current(), addresses }, url).catch(
        (error: unknown) => {
          if (error instanceof AddressRefused) return null;
          throw error;
        },
      );
      if (!agent) return { code: ADDRESS_REFUSED_CODE };
      const request = url.protocol === 'https:' ? requestHttps : requestHttp;
      try {
        return await new Promise((resolve) => {
          const sent = request(url, { agent, signal: AbortSignal.timeout(TIMEOUT) }, (answer) => {
            answer.destroy();
            const status = answer.statusCode ?? 0;
            const refusal = agent.proxyRefusal(status);
            resolve(refusal === null ? { status } : { code: `${PROXY_CODE}${refusal}` });
          });
          withoutUpgrade(sent).on('error', (error: NodeJS.ErrnoException) =>
            resolve({
              code: agent.refused()
                ? ADDRESS_REFUSED_CODE
                : error.name === 'TimeoutError'
                  ? 'ETIMEDOUT'
                  : String(error.code ?? error.name),
            }),
          );
          sent.end();
        });
      } finally {
        agent.destroy();
      }
    },
  };
}
