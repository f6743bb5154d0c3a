import { expect } from 'chai';
import { CHECKS, settingLink, worstOf } from '../../../../plugin/domain/doctor/doctor.js';

describe('the doctor', () => {
  it('counts the worst finding: a fault comes before a warning, a warning before what is unknown', () => {
    const worst = (...results: ('ok' | 'warning' | 'fault' | 'unknown')[]) =>
      worstOf(results.map((result) => ({ result })));
    expect(worst()).to.equal('ok');
    expect(worst('ok', 'unknown')).to.equal('unknown');
    expect(worst('warning', 'unknown')).to.equal('warning');
    expect(worst('warning', 'fault', 'ok')).to.equal('fault');
  });
  it('gives every check a number of its own, and every setting a screen', () => {
    const numbers = Object.values(CHECKS).map(({ number }) => number);
    expect(new Set(numbers).size).to.equal(numbers.length);
    expect(settingLink('A::B###C d')).to.equal(
      'index.pl?Action=AdminSystemConfiguration;Subaction=View;Setting=A%3A%3AB%23%23%23C%20d',
    );
  });
});
