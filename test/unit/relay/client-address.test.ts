import { expect } from 'chai';
import { clientAddress } from '../../../plugin/relay/client-address.js';

describe("the address by which the relay counts a client's connections", () => {
  it('is the IPv4 address, however the socket writes it', () => {
    for (const remoteAddress of ['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:192.0.2.7'])
      expect(clientAddress({ remoteAddress })).to.equal('192.0.2.7');
    expect(clientAddress({ remoteAddress: '127.0.0.1' })).to.equal('127.0.0.1');
  });

  it('is the /64 network of an IPv6 address, all of which one machine may use', () => {
    for (const remoteAddress of [
      '2001:db8:0:1::7',
      '2001:0DB8:0000:0001:ffff:ffff:ffff:ffff',
      '2001:db8:0:1:1::',
    ])
      expect(clientAddress({ remoteAddress }), remoteAddress).to.equal('2001:db8:0:1::/64');
    expect(clientAddress({ remoteAddress: '2001:db8:0:2::7' })).to.equal('2001:db8:0:2::/64');
    expect(clientAddress({ remoteAddress: 'fe80::1%eth0' })).to.equal('fe80:0:0:0::/64');
    expect(clientAddress({ remoteAddress: '::1' })).to.equal('::1');
  });

  it('is the empty text for a Unix socket', () => {
    expect(clientAddress({})).to.equal('');
  });
});
