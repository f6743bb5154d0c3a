import type { ControlState } from '../lab/provider/control.js';
import type { ServiceAccountClient } from '../lab/provider/jwt-bearer.js';
import { lab } from './instance.js';

async function call(path: string, body?: object): Promise<ControlState> {
  const options = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const answer = await fetch(`http://127.0.0.1:${lab.ports.provider}/_lab/${path}`, options);
  return (await answer.json()) as ControlState;
}

/** Controls the lab's provider. */
export const provider = {
  set: (state: Partial<ControlState>) => call('set', state),
  /** Registers a client, or registers it anew. */
  register: (client: { client_id: string; [key: string]: unknown }) => call('client', client),
  /** Registers a service account, or registers it anew. */
  registerServiceAccount: (account: ServiceAccountClient) => call('service-account', account),
  /** Revokes every access and refresh token. */
  revokeEverything: () => call('revoke'),
  /** Back to normal, with the counters at zero. */
  reset: () => call('reset'),
  state: () => call('state'),
};
