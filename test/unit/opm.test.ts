import { copyFileSync, cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { buildOpm, packageFiles } from '../../sysconfig/opm.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe("the add-on for the helpdesk's package manager", () => {
  const opm = buildOpm(ROOT, '1.2.3');

  it('is identical, byte for byte, when built from a copy of the sources with other dates', () => {
    const copy = mkdtempSync(path.join(os.tmpdir(), 'opm-'));
    try {
      cpSync(path.join(ROOT, 'sysconfig'), path.join(copy, 'sysconfig'), { recursive: true });
      copyFileSync(path.join(ROOT, 'LICENSE'), path.join(copy, 'LICENSE'));
      for (const { location } of packageFiles(ROOT).filter(({ location }) => location.endsWith('.js')))
        utimesSync(path.join(copy, 'sysconfig/scripts', path.basename(location)), 0, 0);
      expect(buildOpm(copy, '1.2.3')).to.equal(opm);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  it('holds settings, script and licence exactly as they are in the sources', () => {
    const files = Object.fromEntries(
      [...opm.matchAll(/<File Location="([^"]+)" Permission="660" Encode="Base64">([^<]+)</g)].map(
        ([, location = '', text = '']) => [location, Buffer.from(text, 'base64')],
      ),
    );
    const expected = packageFiles(ROOT);
    expect(expected.map(({ location }) => location)).to.include.members([
      'Kernel/Config/Files/XML/OAuth2Sidecar.xml',
      'Kernel/Config/Files/XML/OAuth2SidecarScreen.xml',
      'Kernel/Config/Files/XML/OAuth2Sidecar.LICENSE',
      'var/httpd/htdocs/js/OAuth2Sidecar.js',
      'var/httpd/htdocs/js/OAuth2SidecarMailAccounts.js',
    ]);
    expect(files).to.deep.equal(
      Object.fromEntries(expected.map(({ location, content }) => [location, content])),
    );
  });

  it('names its version and every framework from 6.0 to 7', () => {
    expect(opm).to.include('<Version>1.2.3</Version>');
    const frameworks = [...opm.matchAll(/<Framework>(.*?)<\/Framework>/g)].map(([, name]) => name);
    expect(frameworks).to.include.members(['6.0.x', '6.1.x', '6.5.x', '7.0.x']);
  });

  it('is not built with a version that the package manager cannot compare', () => {
    for (const version of ['1.2', '1.2.3-rc.1', '']) {
      expect(() => buildOpm(ROOT, version), version).to.throw(RangeError, 'three numbers');
    }
  });
});
