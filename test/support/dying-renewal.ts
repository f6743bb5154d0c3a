import { createAdapters } from '../../plugin/adapters/adapters.js';
import { loadConfig } from '../../plugin/config/load-config.js';
import { createLog } from '../../plugin/lib/log.js';
import { prepare } from '../../plugin/prepare.js';
import { completeAuthorization } from '../../plugin/usecases/complete-authorization.js';
import { refreshToken } from '../../plugin/usecases/refresh-token.js';
import { replayAnswers } from '../../plugin/usecases/replay-answers.js';

/**
 * The program's own parts in a process that is killed at one step of a renewal: `node … dying-renewal.ts <ID> <step>`,
 * or of a consent, with the address to which the provider has sent the browser back, and the agent's ID and session.
 * Step `none` renews; `replay` does what every sidecar does when it starts.
 */
const [id = '', step = '', back, userId, sessionId = ''] = process.argv.slice(2);

/** SIGKILL cannot be caught; nothing after this runs. */
const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};
/** Dies before or after the real work. */
const dies =
  <Given extends unknown[], Result>(work: (...given: Given) => Promise<Result>, when: 'before' | 'after') =>
  async (...given: Given): Promise<Result> => {
    if (when === 'before') return die();
    await work(...given);
    return die();
  };

async function run(): Promise<void> {
  const adapters = createAdapters(loadConfig(process.env), createLog('silent'));
  const deps = await prepare(adapters);

  if (step === 'lease-taken') deps.endpoint.post = dies(deps.endpoint.post, 'before');
  if (step === 'answer-lost') deps.endpoint.post = dies(deps.endpoint.post, 'after');
  if (step === 'answer-kept') deps.journal.put = dies(deps.journal.put, 'after');
  if (step === 'not-stored') deps.tokens.save = dies(deps.tokens.save, 'before');
  if (step === 'stored') deps.tokens.save = dies(deps.tokens.save, 'after');
  if (step === 'journal-cleared') deps.journal.settle = dies(deps.journal.settle, 'after');

  if (step === 'replay') await replayAnswers(deps);
  else if (back !== undefined) {
    const values = new URL(back).searchParams;
    const parameters = { one: (name: string) => values.get(name) ?? undefined };
    await completeAuthorization(deps, { parameters, agent: { userId: Number(userId), sessionId } });
  } else await refreshToken(deps, { configId: Number(id), userId: 1, actor: null, force: true });
  await adapters.close();
}

void run();
