import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CHECKS } from '../../plugin/domain/doctor/doctor.js';

describe('the checks of the doctor', () => {
  it('are listed in docs/doctor.md, each with its number and name', () => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/doctor.md'), 'utf8');
    const documented = [...text.matchAll(/^\| (\d+) \| `([a-z0-9-]+)` \|/gm)].map(([, number, id]) => [
      Number(number),
      id,
    ]);
    expect(documented).to.deep.equal(Object.entries(CHECKS).map(([id, { number }]) => [number, id]));
  });
});
