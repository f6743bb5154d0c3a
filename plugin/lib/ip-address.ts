import { isIP } from 'node:net';

/** Is the text an IPv4 or IPv6 address without a port? */
export const isIpAddress = (text: string): boolean => isIP(text) !== 0;

/** Where a client reaches a server that listens on this address: on loopback, if that is every address. */
export const reachableHost = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;

/** The address as it is written in a URL. */
export const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** Is it an address of this machine that no other machine reaches, or `localhost`? */
export const isLocalHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host);
