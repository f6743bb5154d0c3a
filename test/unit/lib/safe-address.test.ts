import { expect } from 'chai';
import { addressRules, isLoopback, isLoopbackHost } from '../../../plugin/lib/safe-address.js';

const strict = addressRules();

/** Refused IPv4 addresses, each written into IPv6 in every way that leads there. */
const SPECIAL = [
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
];
const hex = (address: string, turned = 0) => {
  const bytes = address.split('.').map((byte) => (Number(byte) ^ turned).toString(16).padStart(2, '0'));
  return `${bytes[0]}${bytes[1]}:${bytes[2]}${bytes[3]}`;
};
const EMBEDDINGS: Record<string, (address: string) => string> = {
  'IPv4-mapped': (address) => `::ffff:${address}`,
  'IPv4-mapped in hex': (address) => `::ffff:${hex(address)}`,
  'IPv4-mapped, written out': (address) => `0:0:0:0:0:FFFF:${hex(address).toUpperCase()}`,
  'IPv4-compatible': (address) => `::${address}`,
  'IPv4-translated': (address) => `::ffff:0:${address}`,
  NAT64: (address) => `64:ff9b::${address}`,
  'local NAT64, /96': (address) => `64:ff9b:1:2:3:4:${address}`,
  '6to4': (address) => `2002:${hex(address)}::1`,
  'Teredo server': (address) => `2001:0:${hex(address)}::f5ff:fffe`,
  'Teredo client': (address) => `2001:0:4136:e378:8000:63bf:${hex(address, 255)}`,
  ISATAP: (address) => `2001:db8::5efe:${address}`,
  'ISATAP, global': (address) => `2001:db8::200:5efe:${address}`,
};

describe('addresses that requests may go to', () => {
  for (const [kind, write] of Object.entries(EMBEDDINGS))
    it(`are judged by the IPv4 address inside IPv6: ${kind}`, () => {
      // ::0.0.0.0 is :: itself; a local NAT64 prefix without an address leads nowhere.
      for (const address of SPECIAL)
        if (address !== '0.0.0.0' || kind !== 'local NAT64, /96')
          expect(strict.mayReach(write(address)), write(address)).to.equal(false);
      expect(strict.mayReach(write('93.184.215.14')), 'public').to.equal(true);
      expect(strict.mayReach(write('10.1.2.3')), 'private').to.equal(true);
    });

  it('exclude the local NAT64 prefix with an address in any of its positions (RFC 6052 §2.2)', () => {
    for (const address of ['64:ff9b:1:7f00:0:100::', '64:ff9b:1:a9fe:a9:fe00::', '64:ff9b:1:5:7f:0:100:0'])
      expect(strict.mayReach(address), address).to.equal(false);
  });

  it('exclude those of a machine or a cloud', () => {
    for (const address of [
      '::1',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'febf::1',
      'ff02::1',
      '100::1',
      'fd00:ec2::254',
      'fd20:ce::254',
      '169.254.0.1',
      '169.254.170.2',
      '192.0.0.192',
      '100.100.100.200',
      '168.63.129.16',
      '240.0.0.1',
    ])
      expect(strict.mayReach(address), address).to.equal(false);
  });

  it('include public addresses and private networks', () => {
    for (const address of ['40.126.32.8', '10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1'])
      expect(strict.mayReach(address), address).to.equal(true);
    for (const address of ['2603:1006:2000::8', 'fd12:3456::1', '64:ff9b::40.126.32.8'])
      expect(strict.mayReach(address), address).to.equal(true);
  });

  it('exclude texts that are not addresses', () => {
    for (const text of ['', 'localhost', '127.1', '0x7f.0.0.1', '2130706433', '::1::', '1.2.3.4.5'])
      expect(strict.mayReach(text), text).to.equal(false);
  });

  it('are judged as a URL writes them, with plain numbers', () => {
    for (const host of [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.0.0.1.',
      '１２７.0.0.1',
      '169.254.169.254',
      '2852039166',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '0',
      'localhost',
      'LOCALHOST.',
      'a.localhost',
      'localhost.localdomain',
      'ip6-localhost',
      'metadata.google.internal',
      'metadata.google.internal.',
    ])
      expect(strict.mayAsk(new URL(`https://${host}/`).hostname), host).to.equal(false);
    for (const host of ['login.example.com', 'localhost.example.com', '10.0.0.1', '[fd12::1]', 'mylocalhost'])
      expect(strict.mayAsk(new URL(`https://${host}/`).hostname), host).to.equal(true);
  });

  it('include those that the configuration allows, and nothing more', () => {
    const lab = addressRules(['127.0.0.0/8', '::1']);
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect(lab.mayReach(address)).to.equal(true);
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', '0.0.0.0', 'fe80::1'])
      expect(lab.mayReach(address), address).to.equal(false);
    expect([lab.mayAsk('localhost'), lab.mayAsk('metadata.google.internal')]).to.deep.equal([true, false]);
    const one = addressRules(['127.0.0.1']);
    expect([one.mayReach('127.0.0.1'), one.mayReach('127.0.0.2')]).to.deep.equal([true, false]);
    expect(addressRules(['169.254.169.254']).mayReach('169.254.169.254')).to.equal(true);
    expect(addressRules([], { loopback: true }).mayReach('127.0.0.1')).to.equal(true);
    expect(addressRules([], { loopback: true }).mayReach('::ffff:169.254.1.1')).to.equal(false);
  });

  it('are recognised as loopback in every form', () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:7f00:1', '::127.0.0.1'])
      expect(isLoopback(address)).to.equal(true);
    expect(isLoopback('10.0.0.1')).to.equal(false);
    expect(isLoopbackHost(new URL('http://localhost/'))).to.equal(true);
    expect(isLoopbackHost(new URL('http://[::1]/'))).to.equal(true);
    expect(isLoopbackHost(new URL('http://localhost.example.com/'))).to.equal(false);
  });
});
