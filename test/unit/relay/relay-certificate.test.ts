import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createRelayCertificate } from '../../../plugin/adapters/relay-certificate.js';
import { selfSigned } from '../../lab/self-signed.js';

describe('the certificate of the relay', () => {
  let folder: string;
  let files: { certificate: string; key: string };
  const told: string[] = [];
  const log = {
    info: (_facts: object, text: string) => void told.push(`info ${text}`),
    error: (_facts: object, text: string) => void told.push(`error ${text}`),
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'oauth-test-'));
    files = { certificate: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
    told.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read once, and again when it has changed', async () => {
    const [first, second] = [await selfSigned(), await selfSigned()];
    writeFileSync(files.certificate, first.cert);
    writeFileSync(files.key, first.key);
    const current = createRelayCertificate(files, log);
    const before = current();
    expect(current()).to.equal(before);

    writeFileSync(files.certificate, second.cert);
    // The key is still the old one.
    expect(current()).to.equal(before);
    expect(current()).to.equal(before);
    expect(told).to.deep.equal(['error the certificate from before stays in use at the relay']);
    writeFileSync(files.key, second.key);
    const after = current();
    expect(after).to.not.equal(before);
    expect(told.at(-1)).to.equal('info the new certificate of the relay is in use');
    rmSync(files.key);
    expect(current()).to.equal(after);
  });

  it('from before stays in use while its folder cannot be read', async () => {
    const { cert, key } = await selfSigned();
    writeFileSync(files.certificate, cert);
    writeFileSync(files.key, key);
    const current = createRelayCertificate(files, log);
    const before = current();
    // Root may read every folder, so a link that leads to itself stands for one that may not be read.
    const away = `${folder}-away`;
    renameSync(folder, away);
    symlinkSync(folder, folder);
    try {
      expect(current()).to.equal(before);
      expect(told).to.deep.equal(['error the certificate from before stays in use at the relay']);
    } finally {
      rmSync(folder);
      renameSync(away, folder);
    }
    expect(current()).to.not.equal(before);
    expect(told.at(-1)).to.equal('info the new certificate of the relay is in use');
  });

  it('that is missing or none is refused with the names of the files, and never with their content', async () => {
    const current = createRelayCertificate(files, log);
    const fault = () => {
      try {
        current();
        return '';
      } catch (error) {
        return String((error as Error).message);
      }
    };
    expect(fault()).to.include(files.certificate).and.include('ENOENT');
    const { cert, key } = await selfSigned();
    writeFileSync(files.certificate, cert);
    writeFileSync(files.key, 'SECRET-LINE');
    expect(fault()).to.include('SIDECAR_RELAY_KEY').and.not.include('SECRET-LINE');
    writeFileSync(files.key, key);
    chmodSync(files.key, 0o600);
    expect(fault()).to.equal('');
  });
});
