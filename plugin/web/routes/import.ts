import { SidecarError } from '../../errors.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import type { ImportedItem } from '../../usecases/import-token-configs.js';
import { ImportProblems } from '../../usecases/plan-import.js';
import { confirmImport, previewImport } from '../../usecases/preview-import.js';
import type { WebDeps } from '../deps.js';
import { presentImport } from '../presenters/import-item.js';
import { type MessageBox, respondWithPage, type SidecarContext } from '../respond.js';

/** The largest file, in bytes: more than an export of a thousand configurations. */
const MAX_FILE = 1024 * 1024;

export const showImport = (ctx: SidecarContext, deps: WebDeps) => askForFile(ctx, deps, 200, []);

async function askForFile(
  ctx: SidecarContext,
  deps: WebDeps,
  status: number,
  problems: Phrase[],
): Promise<void> {
  const overwrite = ctx.state.parameters.flag('OverwriteExistingTokenConfigurations');
  const language = ctx.state.agent?.language ?? 'en';
  await respondWithPage(ctx, deps, {
    status,
    title: 'Import token configurations',
    template: 'import',
    data: { problems: problems.map((problem) => deps.translate(language, problem)), overwrite },
  });
}

interface Shown {
  status?: number;
  messages?: MessageBox[];
  /** null: there is nothing to confirm. */
  ticket?: string | null;
}

async function showItems(
  ctx: SidecarContext,
  deps: WebDeps,
  items: ImportedItem[],
  { status = 200, messages = [], ticket }: Shown,
): Promise<void> {
  const language = ctx.state.agent?.language ?? 'en';
  const done = ticket === undefined;
  await respondWithPage(ctx, deps, {
    status,
    title: done ? 'Import of token configurations' : 'Preview of the import',
    template: 'import-items',
    messages,
    data: { ...presentImport(items, { done, language, translate: deps.translate }), done, ticket },
  });
}

/** Shows what importing the uploaded file would do, or what is wrong with it. Changes nothing. */
export async function previewFile(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  const file = parameters.file('FileUpload');
  if (!agent) return;
  if (!file || file.content.length === 0)
    return askForFile(ctx, deps, 422, [phrase('Choose a YAML file first.')]);
  if (file.content.length > MAX_FILE) throw new SidecarError('too-large');
  const overwrite = parameters.flag('OverwriteExistingTokenConfigurations');
  try {
    const { ticket, items } = await previewImport(deps, { content: file.content, overwrite, agent });
    const refused = items.every(({ action }) => action === 'refuse');
    await showItems(ctx, deps, items, { ticket, status: refused ? 422 : 200 });
  } catch (error) {
    if (!(error instanceof ImportProblems)) throw error;
    await askForFile(ctx, deps, error.status, error.problems);
  }
}

/** Imports what the preview showed, or shows a new preview if somebody has changed configurations since. */
export async function importFile(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const result = await confirmImport(deps, { ticket: parameters.one('Ticket') ?? '', agent });
  const t = (text: Phrase) => deps.translate(agent.language, text);
  if (result.done) {
    const text = t(phrase('The token configurations were imported.'));
    return showItems(ctx, deps, result.items, { messages: [{ kind: 'Success', text }] });
  }
  const { safe, status } = new SidecarError('import-outdated');
  const messages: MessageBox[] = [{ kind: 'Warning', text: t(safe) }];
  await showItems(ctx, deps, result.items, { ticket: result.ticket, messages, status });
}
