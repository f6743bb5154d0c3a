import { SidecarError } from '../../errors.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import type { ImportedItem } from '../../usecases/import-token-configs.js';
import { ImportProblems } from '../../usecases/plan-import.js';
import { confirmImport, previewImport } from '../../usecases/preview-import.js';
import { presentImport } from '../presenters/import-item.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';

/** The largest file, in bytes: more than an export of a thousand configurations. */
const MAX_FILE = 1024 * 1024;

export const showImport = (call: ScreenCall) => askForFile(call);

async function askForFile(
  { reader, parameters, showPage }: ScreenCall,
  { status, problems }: { status: number; problems: Phrase[] } = { status: 200, problems: [] },
): Promise<void> {
  const overwrite = parameters.flag('OverwriteExistingTokenConfigurations');
  await showPage({
    status,
    title: 'Import token configurations',
    template: 'import',
    data: { problems: problems.map((problem) => reader.t(problem)), overwrite },
  });
}

interface Shown {
  status?: number;
  messages?: MessageBox[];
  /** null: there is nothing to confirm. */
  ticket?: string | null;
}

async function showItems(
  { reader, showPage }: ScreenCall,
  items: ImportedItem[],
  { status = 200, messages = [], ticket }: Shown,
): Promise<void> {
  const done = ticket === undefined;
  await showPage({
    status,
    title: done ? 'Import of token configurations' : 'Preview of the import',
    template: 'import-items',
    messages,
    data: { ...presentImport(items, { done, t: reader.t }), done, ticket },
  });
}

/** Shows what importing the uploaded file would do, or what is wrong with it. Changes nothing. */
export async function previewFile(call: ScreenCall): Promise<void> {
  const { deps, agent, parameters } = call;
  const file = parameters.file('FileUpload');
  if (!file || file.content.length === 0)
    return askForFile(call, { status: 422, problems: [phrase('Choose a YAML file first.')] });
  if (file.content.length > MAX_FILE) throw new SidecarError('too-large');
  const overwrite = parameters.flag('OverwriteExistingTokenConfigurations');
  try {
    const { ticket, items } = await previewImport(deps, { content: file.content, overwrite, agent });
    const refused = items.every(({ action }) => action === 'refuse');
    await showItems(call, items, { ticket, status: refused ? 422 : 200 });
  } catch (error) {
    if (!(error instanceof ImportProblems)) throw error;
    await askForFile(call, error);
  }
}

/** Imports what the preview showed, or shows a new preview if somebody has changed configurations since. */
export async function importFile(call: ScreenCall): Promise<void> {
  const { deps, agent, parameters } = call;
  const { t } = call.reader;
  const result = await confirmImport(deps, { ticket: parameters.one('Ticket') ?? '', agent });
  if (result.done) {
    const text = t(phrase('The token configurations were imported.'));
    return showItems(call, result.items, { messages: [{ kind: 'Success', text }] });
  }
  const { safe, status } = new SidecarError('import-outdated');
  const messages: MessageBox[] = [{ kind: 'Warning', text: t(safe) }];
  await showItems(call, result.items, { ticket: result.ticket, messages, status });
}
