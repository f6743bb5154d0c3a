import { phrase } from '../../lib/phrase.js';
import { connectionChecks } from '../../usecases/connection-checks.js';
import { presentConnect } from '../presenters/connect.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';
import { abilityWarnings } from '../site-warnings.js';

/**
 * The page that begins a new token configuration.
 * @param first shown in place of the overview, because there is no token configuration yet
 */
async function showChoices(call: ScreenCall, first: boolean, messages: MessageBox[]): Promise<void> {
  const { deps, reader } = call;
  const [templates, checks, abilities] = await Promise.all([
    deps.templates.list(),
    deps.doctor().then((doctor) => connectionChecks(doctor)),
    abilityWarnings(call),
  ]);
  await call.showPage({
    title: first ? 'OAuth2 token configurations' : 'Connect a mailbox',
    template: 'connect',
    messages: [...messages, ...abilities],
    data: {
      here: first ? undefined : reader.t(phrase('Connect a mailbox')),
      ...presentConnect({ templates, checks }, reader),
    },
  });
}

/** @param messages of the overview */
export const showFirstRun = (call: ScreenCall, messages: MessageBox[]): Promise<void> =>
  showChoices(call, true, messages);

export const showConnect = (call: ScreenCall): Promise<void> => showChoices(call, false, []);
