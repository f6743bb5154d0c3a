import { describedFields } from '../../domain/configuration/describe-fields.js';
import { inEnglish } from '../../lib/phrase.js';
import type { ImportedItem } from '../../usecases/import-token-configs.js';
import type { ImportAction } from '../../usecases/plan-import.js';
import { type Command, JSON_OPTION, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf } from '../lookup.js';
import type { Output } from '../output.js';

const PLANNED: Record<ImportAction, string> = {
  add: 'will be added',
  change: 'will be changed',
  keep: 'unchanged (exists; no --overwrite)',
  same: 'unchanged',
  refuse: 'rejected',
};
const DONE: Record<ImportAction, string> = { ...PLANNED, add: 'added', change: 'changed' };

/** More than an export of ten thousand configurations. */
const MAX_FILE = 10 * 1024 * 1024;

/** Reads a file, a pipe, or `-` for standard input; stops at the limit, because a device may never end. */
async function read(file: string): Promise<Buffer> {
  const { createReadStream } = await import('node:fs');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      size += (chunk as Buffer).length;
      if (size > MAX_FILE)
        throw new UsageError(`${file === '-' ? 'Standard input' : file} is larger than 10 MB.`);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${file} cannot be read.`);
  }
}

function print(out: Output, items: ImportedItem[], words: Record<ImportAction, string>): void {
  out.table(
    ['LINE', 'NAME', 'RESULT'],
    items.map(({ line, name, action }) => [line, name, words[action]]),
  );
  for (const { line, name, differences, notes } of items) {
    if (differences.length + notes.length === 0) continue;
    out.line();
    out.line(`Line ${line}: ${name}`);
    for (const note of notes) out.line(`  ${inEnglish(note)}`);
    for (const { key, kind, secret, before, after } of differences)
      out.line(`  ${key}: ${secret ? kind : `${before || '(empty)'} -> ${after || '(empty)'}`}`);
  }
}

export const command: Command = {
  summary: 'Imports token configurations from YAML, exported by the helpdesk or the sidecar',
  details:
    'New names are added. Existing configurations are changed only with --overwrite; they keep their tokens, and the secrets that the file leaves out. If an entry is rejected, nothing is imported (exit code 1); with --partly, the other entries are (exit code 4).',
  arguments: [{ name: 'file', description: 'a YAML file, or - for standard input' }],
  options: {
    overwrite: { description: 'change existing configurations with the same name' },
    'dry-run': { description: 'show every difference, and change nothing' },
    partly: { description: 'import the valid entries even if others are rejected' },
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  words: {
    title: 'Keys of an entry',
    lines: describedFields().map(({ key, label, values }) => [key, `${label}: ${values}`]),
  },
  examples: [
    ['config import configurations.yml --overwrite --dry-run', 'a preview'],
    ['config import configurations.yml --user jane', 'new configurations only; the history names Jane'],
  ],
  async run(call) {
    const { flag, out } = call;
    const content = await read(call.arguments[0] ?? '');
    const adapters = call.helpdesk();
    const [{ planImport, visible }, { importTokenConfigs }, { FILE_LIMITS: limits }] = await Promise.all([
      import('../../usecases/plan-import.js'),
      import('../../usecases/import-token-configs.js'),
      import('../../usecases/yaml-entries.js'),
    ]);
    const userId = await actorOf(call, adapters);
    const tokenConfigs = await adapters.tokenConfigs();
    const overwrite = flag('overwrite');
    const plan = await planImport(tokenConfigs, { content, overwrite, limits });
    const isRefused = plan.items.some(({ action }) => action === 'refuse');
    const only = flag('dry-run') || (isRefused && !flag('partly'));
    let items: ImportedItem[] = plan.items.map(visible);
    if (!only) {
      await adapters.ready();
      const caches = await adapters.caches();
      const deps = { tokenConfigs, caches };
      items = await importTokenConfigs(deps, { content, overwrite, version: plan.version, userId, limits });
    }
    if (flag('json'))
      out.json({
        imported: !only,
        items: items.map((item) => ({ ...item, notes: item.notes.map(inEnglish) })),
      });
    else print(out, items, only ? PLANNED : DONE);
    if (!isRefused) return EXIT.ok;
    if (flag('dry-run') || !only) return EXIT.needsAttention;
    out.warn('Nothing was imported, because an entry was rejected. Correct the file, or add --partly.');
    return EXIT.failed;
  },
};
