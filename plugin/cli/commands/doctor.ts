import { CHECKS, worstOf } from '../../domain/doctor/doctor.js';
import { nearest } from '../../lib/nearest.js';
import { inEnglish } from '../../lib/phrase.js';
import { type Command, JSON_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import type { Output } from '../output.js';
import { toneOf } from '../tone.js';

const MARKS = { ok: 'ok', warning: 'WARNING', fault: 'FAILED', unknown: 'unknown' } as const;

export const command: Command = {
  summary:
    'Checks helpdesk, database, web server, providers, tokens and mail, and says how to solve each problem',
  details:
    'Run it as root, which continues as the user of the sidecar, or as that user with the same environment. It changes nothing, except that one check adds an unused token configuration and deletes it at once, to test whether the helpdesk notices; --read-only skips that check. The exit code is 0 if no check fails, 5 if the sidecar does not support the helpdesk, and 4 otherwise; with --strict, warnings and undetermined checks count as failures.',
  options: {
    only: { value: 'NUMBERS', description: 'run only these checks, by number or name: 3,5,callback' },
    'read-only': { description: 'skip the check that writes' },
    strict: { description: 'exit with 4 for warnings, too' },
    ...JSON_OPTION,
  },
  examples: [
    ['doctor', 'every check'],
    ['doctor --only callback,address', 'after a change of the web server'],
    ['doctor --read-only --strict --json', 'for monitoring'],
  ],
  async run({ helpdesk, text, flag, out }) {
    const { examine, refusalOf } = await import('../../usecases/doctor/examine.js');
    const ids = Object.keys(CHECKS) as (keyof typeof CHECKS)[];
    const named = (text('only') ?? '').split(',').filter((word) => word !== '');
    const chosen = named.map((word) => {
      const id = ids.find((one) => one === word || String(CHECKS[one].number) === word);
      if (!id) {
        const near = nearest(word, ids);
        throw new UsageError(`There is no check "${word}".${near ? ` Did you mean "${near}"?` : ''}`);
      }
      return id;
    });
    const only = chosen.length > 0 ? chosen : ids;
    const deps = await helpdesk().doctor();
    const found = await examine(deps, { only, readOnly: flag('read-only') });
    const worst = worstOf(found);
    if (flag('json'))
      out.json({
        result: worst,
        checks: found.map(({ title, reason, remedies, ...facts }) => ({
          ...facts,
          title: inEnglish(title),
          reason: reason.map(inEnglish),
          remedies: remedies.map((remedy) => ({
            ...remedy,
            ...(remedy.text ? { text: inEnglish(remedy.text) } : {}),
          })),
        })),
      });
    else print(out, found);
    if (await refusalOf(deps)) return EXIT.unsupported;
    const bad = worst === 'fault' || (flag('strict') && worst !== 'ok');
    return bad ? EXIT.needsAttention : EXIT.ok;
  },
};

type Found = Awaited<ReturnType<typeof import('../../usecases/doctor/examine.js')['examine']>>;

/** Faults come last, right above the prompt of the shell. */
const ORDER = ['ok', 'unknown', 'warning', 'fault'] as const;

/** Columns of number and mark. */
const INDENT = 13;

function print(out: Output, found: Found): void {
  const count = (wanted: (typeof ORDER)[number]) => found.filter(({ result }) => result === wanted).length;
  out.line(
    `Failed: ${count('fault')}. Warnings: ${count('warning')}. Not determined: ${count('unknown')}. Passed: ${count('ok')}.`,
    toneOf(worstOf(found)),
  );
  const ordered = ORDER.flatMap((wanted) => found.filter(({ result }) => result === wanted));
  for (const { number, title, result, reason, remedies } of ordered) {
    const mark = `${String(number).padStart(2)}  ${MARKS[result].padEnd(7)}  ${inEnglish(title)}`;
    out.line(mark, toneOf(result));
    for (const line of reason) out.paragraph(INDENT, inEnglish(line));
    for (const remedy of result === 'ok' ? [] : remedies) {
      if (remedy.text) out.paragraph(INDENT, inEnglish(remedy.text));
      if (remedy.command) out.line(`${' '.repeat(INDENT + 2)}${remedy.command}`);
      if (remedy.link) out.line(`${' '.repeat(INDENT + 2)}${remedy.link}`);
    }
  }
}
