import { SidecarError } from '../../errors.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import { ImportProblems, importTokenConfigs } from '../../usecases/import-token-configs.js';
import type { WebDeps } from '../deps.js';
import { overviewWith } from '../notices.js';
import { respondWithPage, type SidecarContext, seeOther } from '../respond.js';

const MAX_FILE = 1024 * 1024;

export const showImport = (ctx: SidecarContext, deps: WebDeps) => respond(ctx, deps, 200, []);

async function respond(
  ctx: SidecarContext,
  deps: WebDeps,
  status: number,
  problems: Phrase[][],
): Promise<void> {
  const overwrite = ctx.state.parameters.flag('OverwriteExistingTokenConfigurations');
  const t = (text: Phrase) => deps.translate(ctx.state.agent?.language ?? 'en', text);
  await respondWithPage(ctx, deps, {
    status,
    title: 'Import token configurations',
    template: 'import',
    data: { problems: problems.map((problem) => problem.map(t).join(' ')), overwrite },
  });
}

/** Imports the uploaded file, or shows what is wrong with it. */
export async function importConfigs(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  const file = parameters.file('FileUpload');
  if (!agent) return;
  if (!file || file.content.length === 0)
    return respond(ctx, deps, 422, [[phrase('Choose a YAML file first.')]]);
  if (file.content.length > MAX_FILE) throw new SidecarError('too-large');
  try {
    const { added, changed, skipped } = await importTokenConfigs(deps, {
      content: file.content,
      overwrite: parameters.flag('OverwriteExistingTokenConfigurations'),
      userId: agent.userId,
    });
    seeOther(
      ctx,
      overviewWith('imported', { Added: added.length, Changed: changed.length, Skipped: skipped.length }),
    );
  } catch (error) {
    if (!(error instanceof ImportProblems)) throw error;
    await respond(ctx, deps, error.status, error.problems);
  }
}
