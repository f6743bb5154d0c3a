import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { EndpointInspector } from '../domain/doctor-ports.js';
import type { SettingsReader } from '../domain/ports.js';
import { createAgent } from './agent.js';

const TIMEOUT = 8000;

/** A GET by the helpdesk's proxy and certificate settings; the body is not read. */
export function createEndpointInspector({ settings }: { settings: SettingsReader }): EndpointInspector {
  return {
    async reach(address) {
      const url = new URL(address);
      const agent = await createAgent(await settings.current(), url);
      const request = url.protocol === 'https:' ? requestHttps : requestHttp;
      try {
        return await new Promise((resolve) => {
          const sent = request(url, { agent, signal: AbortSignal.timeout(TIMEOUT) }, (answer) => {
            answer.destroy();
            resolve({ status: answer.statusCode ?? 0 });
          });
          sent.on('error', (error: NodeJS.ErrnoException) =>
            resolve({ code: error.name === 'TimeoutError' ? 'ETIMEDOUT' : String(error.code ?? error.name) }),
          );
          sent.end();
        });
      } finally {
        agent.destroy();
      }
    },
  };
}
