import type { EndpointInspector } from '../domain/doctor/doctor-ports.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { AddressRules } from '../lib/safe-address.js';
import { createHttpSender } from './http-sender.js';

const TIMEOUT = 8000;

/** Sends a GET with the helpdesk's proxy and certificate settings. */
export function createEndpointInspector(deps: {
  settings: SettingsReader;
  addresses: AddressRules;
}): EndpointInspector {
  const send = createHttpSender({ ...deps, limit: TIMEOUT });
  return {
    async reach(address) {
      const answer = await send({ url: new URL(address), method: 'GET' });
      return 'code' in answer ? answer : { status: answer.status };
    },
  };
}
