import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { keyPartsIn } from '../support/key-forms.js';

describe('the search for a private key in a text', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const jwk = privateKey.export({ format: 'jwk' });
  const all = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

  for (const [form, text] of Object.entries({
    PEM: pem,
    'PEM of another format': String(privateKey.export({ type: 'pkcs1', format: 'pem' })),
    'JSON of a PEM': JSON.stringify({ private_key: pem }),
    'JSON in JSON': JSON.stringify(JSON.stringify({ private_key: pem })),
    'a form field': new URLSearchParams({ key: pem }).toString(),
    'HTML of a PEM': pem.replaceAll('+', '&#x2B;').replaceAll('/', '&#x2F;'),
    'base64 of DER': der.toString('base64'),
    'base64url of DER': der.toString('base64url'),
    'hexadecimal digits': der.toString('hex'),
    'hexadecimal digits with colons': (der.toString('hex').match(/../g) ?? []).join(':'),
    'a JSON Web Key': JSON.stringify(jwk),
    'folded YAML': pem.replaceAll('\n', '\n\n  '),
  }))
    it(`finds it as ${form}`, () => {
      expect(keyPartsIn(`before ${text} after`, privateKey)).to.deep.equal(all);
    });

  it('finds some of it in base64 of a whole file, where lines end anywhere', () => {
    const file = JSON.stringify({ type: 'service_account', private_key: pem });
    for (const text of [file, pem, `x${pem}`, `xy${pem}`])
      expect(keyPartsIn(Buffer.from(text).toString('base64'), privateKey)).to.not.deep.equal([]);
    expect(keyPartsIn(Buffer.from(file).toString('hex'), privateKey)).to.not.deep.equal([]);
  });

  it('finds nothing in what is public', () => {
    const spki = String(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(
      keyPartsIn(`${spki}${JSON.stringify(publicKey.export({ format: 'jwk' }))}`, privateKey),
    ).to.deep.equal([]);
  });
});
