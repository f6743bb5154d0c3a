import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { MEMORY_WORDS } from '../../../plugin/install/memory-settings.js';
import { systemdUnit } from '../../../plugin/install/systemd-unit.js';
import { IMAGE_ENVIRONMENT } from '../../../plugin/packaging/image-root.js';

describe('the memory outside JavaScript', () => {
  it('is limited in the same way by the unit, in the image and by "make run"', () => {
    expect(MEMORY_WORDS).to.equal(
      'MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=16500 MALLOC_TOP_PAD_=32768 MALLOC_TRIM_THRESHOLD_=65536',
    );
    for (const isTemplate of [true, false])
      expect(systemdUnit({ program: '/usr/bin/znuny-oauth2', isTemplate })).to.contain(` ${MEMORY_WORDS} `);
    const image = Object.entries(IMAGE_ENVIRONMENT).map((pair) => pair.join('='));
    expect(image).to.include.members(MEMORY_WORDS.split(' '));
    expect(readFileSync('Makefile', 'utf8')).to.contain(`@${MEMORY_WORDS} `);
  });
});
