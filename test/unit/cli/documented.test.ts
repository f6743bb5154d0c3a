import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { COMMANDS } from '../../../plugin/cli/commands.js';
import { EXIT } from '../../../plugin/cli/exit-codes.js';

const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/cli.md'), 'utf8');

describe('docs/cli.md', () => {
  it('names every command with its options for secrets and confirmation', async () => {
    for (const [name, load] of Object.entries(COMMANDS)) {
      const line = text.split('\n').find((row) => row.startsWith(`| \`${name}`));
      expect(line, name).to.be.a('string');
      const { command } = await load();
      for (const option of Object.keys(command.options ?? {}).filter((one) =>
        /secret|show-token|^yes$/.test(one),
      ))
        expect(line, name).to.contain(`--${option}`);
    }
  });

  it('names every exit code', () => {
    for (const code of Object.values(EXIT)) expect(text).to.match(new RegExp(`^\\| ${code} \\|`, 'm'));
  });
});
