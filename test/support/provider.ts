import type { ControlState } from '../lab/provider/control.js';
import { lab } from './instance.js';

async function call(path: string, body?: object): Promise<ControlState> {
  const options = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const answer = await fetch(`http://127.0.0.1:${lab.ports.provider}/_lab/${path}`, options);
  return (await answer.json()) as ControlState;
}

/** Steers the lab's provider. */
export const provider = {
  set: (state: Partial<ControlState>) => call('set', state),
  /** Takes every access and refresh token away. */
  revokeEverything: () => call('revoke'),
  /** Back to normal, counts at zero. */
  reset: () => call('reset'),
  state: () => call('state'),
};
