import dns from 'node:dns';
import net from 'node:net';

/** Loaded before unit tests: any use of a network fails and names the place. */
const deny = (what: string) => () => {
  throw new Error(
    `A unit test reached for the network (${what}). Pass a stand-in, or move the test to test/web or test/oauth.`,
  );
};

net.Socket.prototype.connect = deny('net.connect') as never;
net.Server.prototype.listen = deny('net.listen') as never;
dns.lookup = deny('dns.lookup') as never;
