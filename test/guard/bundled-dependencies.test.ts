import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../lab/instance.js';

describe('the archive of npm', () => {
  // Installation needs no registry. "npm install PACKAGE" replaces true by a list of what was there before.
  it('bundles every dependency, later ones included', () => {
    const { bundleDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(bundleDependencies).to.equal(true);
  });
});
