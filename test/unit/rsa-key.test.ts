import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { isUsableRsaKey } from '../../plugin/oauth/rsa-key.js';

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });

describe('an RSA key', () => {
  const { privateKey, publicKey } = rsa(2048);
  const numbers = privateKey.export({ format: 'jwk' });
  const changed = (numbersOfFile: Record<string, string>) => {
    const pem = createPrivateKey({ key: { ...numbers, ...numbersOfFile }, format: 'jwk' });
    return createPrivateKey(String(pem.export({ type: 'pkcs8', format: 'pem' })));
  };
  const long = (bytes: number) =>
    Buffer.concat([Buffer.of(0xff), randomBytes(bytes - 2), Buffer.of(1)]).toString('base64url');

  it('is used where it is private and has 2048 to 4096 bits', () => {
    expect([privateKey, rsa(1024).privateKey, publicKey].map(isUsableRsaKey)).to.deep.equal([
      true,
      false,
      false,
    ]);
    expect(isUsableRsaKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).to.equal(false);
  });

  for (const name of ['p', 'q', 'dp', 'dq', 'qi', 'd'])
    it(`is not used where its ${name} is longer than belongs to the modulus, which would take seconds for each signature`, () => {
      expect(isUsableRsaKey(changed({ [name]: long(1024) }))).to.equal(false);
    });
});
