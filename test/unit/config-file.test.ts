import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { withConfigFile } from '../../plugin/config/config-file.js';
import type { SidecarError } from '../../plugin/errors.js';

describe('the configuration file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-conf-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const refusal = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      expect((error as SidecarError).code).to.equal('config-invalid');
      return (error as SidecarError).detail ?? '';
    }
    throw new Error('nothing was thrown');
  };

  it('adds to the environment, which takes precedence', () => {
    file(
      'sidecar.conf',
      '# a comment\n\nHELPDESK_HOME=/opt/znuny\nSIDECAR_PORT = 18300 \nLOG_LEVEL="debug"\n',
    );
    expect(
      withConfigFile({ SIDECAR_PORT: '1', LOG_LEVEL: ' ', OTHER: 'x' }, undefined, folder),
    ).to.deep.equal({ HELPDESK_HOME: '/opt/znuny', SIDECAR_PORT: '1', LOG_LEVEL: 'debug', OTHER: 'x' });
  });

  it('is ignored when it belongs to another helpdesk', () => {
    file('sidecar.conf', 'HELPDESK_HOME=/opt/znuny\nSIDECAR_DATABASE_USER=a\n');
    file('second.conf', 'HELPDESK_HOME=/opt/otrs\nSIDECAR_DATABASE_USER=b\n');
    const user = (env: Record<string, string>, home?: string) =>
      withConfigFile(env, home, folder).SIDECAR_DATABASE_USER;
    expect(user({ HELPDESK_HOME: '/opt/otrs/' })).to.equal('b');
    expect(user({ HELPDESK_HOME: '/opt/otrs' }, '/opt/znuny')).to.equal('a');
    expect(user({ HELPDESK_HOME: '/srv/helpdesk' })).to.equal(undefined);
    expect(user({ SIDECAR_CONFIG: path.join(folder, 'second.conf') })).to.equal('b');
    expect(refusal(() => user({}))).to.match(
      /several: .*second\.conf for \/opt\/otrs, .*Choose the helpdesk/,
    );
  });

  it('may be missing, unless the command names it', () => {
    expect(withConfigFile({ A: '1' }, undefined, path.join(folder, 'none'))).to.deep.equal({ A: '1' });
    const named = path.join(folder, 'none.conf');
    expect(refusal(() => withConfigFile({ SIDECAR_CONFIG: named }))).to.equal(
      `${named} cannot be read (ENOENT).`,
    );
  });

  it('is refused without quoting it when a line makes no sense', () => {
    const name = file('sidecar.conf', 'HELPDESK_HOME=/opt/znuny\nsecret without a name\n');
    expect(refusal(() => withConfigFile({}, undefined, folder))).to.equal(
      `${name}, line 2 is not of the form NAME=value.`,
    );
  });
});
