import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../lab/instance.js';

/** A page of the documentation: its name below the checkout, and its Markdown. */
export interface Page {
  name: string;
  text: string;
}

/** What a reader types into a shell. */
export interface ShellBlock {
  /** The nearest heading above it. */
  section: string;
  body: string;
}

const read = (name: string): Page => ({ name, text: readFileSync(path.join(ROOT, name), 'utf8') });

/** README.md, CONTRIBUTING.md and docs/*.md. */
export const docsPages = (): Page[] =>
  ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`)]
    .filter((name) => name.endsWith('.md'))
    .map(read);

/** The blocks `sh`, and of the blocks `console` what follows a prompt. */
export const shellBlocks = ({ text }: Page): ShellBlock[] =>
  [...text.matchAll(/^ *```(sh|console)\n([\s\S]*?)^ *```/gm)].map(({ index, 1: kind, 2: body = '' }) => ({
    section: [...text.slice(0, index).matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? '',
    body:
      kind === 'sh'
        ? body
        : body
            .split('\n')
            .flatMap((line) => (/^[#$] /.test(line) ? [line.slice(2)] : []))
            .join('\n'),
  }));

/** The commands of a block, each on one line and without its comment: as many lines of it as the shell needs. */
export function commandsOf({ body }: ShellBlock): string[] {
  const commands: string[] = [];
  let begun = '';
  for (const line of body.split('\n')) {
    begun += `${begun && ' '}${line.replace(/(^|\s+)#[ !].*$/, '').trim()}`;
    if (begun.endsWith('\\')) begun = begun.slice(0, -1).trim();
    else if (spawnSync('bash', ['-n'], { input: begun }).status === 0) {
      if (begun) commands.push(begun);
      begun = '';
    }
  }
  if (begun) throw new Error(`not a whole command: ${begun}`);
  return commands;
}
