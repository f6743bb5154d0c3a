import path from 'node:path';
import { expect } from 'chai';
import { unpackedProgram } from '../lab/debian-packages.js';
import { callCli } from '../support/cli.js';
import { TYPED, type Typed, typeInto } from '../support/completing-shell.js';
import { lab } from '../support/lab.js';

it('completion in a zsh with a terminal offers commands, options and names as words that the shell gives back', async () => {
  const root = await unpackedProgram(lab.cache, 'zsh-static', ['zsh-common']);
  const { code, out: script } = await callCli('completion', 'zsh');
  expect(code).to.equal(0);
  const functions = path.join(root, 'usr/share/zsh/functions');
  const typed: Typed[] = [
    ...TYPED,
    ['ap\t', '<apache-rules>'],
    ['config delete x --y\t', '<config><delete><x><--yes>'],
    ['token list --state cl\t', '<token><list><--state><client-rejected>'],
  ];
  expect(
    await typeInto(
      {
        command: `${path.join(root, 'bin/zsh-static')} -f -i`,
        script,
        before: `fpath=(${functions} ${functions}/**/*(/))`,
      },
      typed,
    ),
  ).to.deep.equal(typed.map(([, words]) => words));
}).timeout(120_000);
