import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { describedFields } from '../../plugin/domain/configuration/describe-fields.js';

describe('the fields of the form', () => {
  it('are listed in docs/token-configurations.md, each with its key, its values and its help', () => {
    const file = path.resolve(import.meta.dirname, '../../docs/token-configurations.md');
    const documented = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^\| `(?:Name|ValidID|Config\b)/.test(line));
    expect(documented).to.deep.equal(
      describedFields().map(
        ({ key, label, values, help }) => `| \`${key}\` | ${label} | ${values} | ${help} |`,
      ),
    );
  });
});
