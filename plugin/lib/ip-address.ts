import { isIP } from 'node:net';

/** Is the text an IPv4 or IPv6 address without a port? */
export const isIpAddress = (text: string): boolean => isIP(text) !== 0;

/** Is it an address of this machine that no other machine reaches, or `localhost`? */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host);
