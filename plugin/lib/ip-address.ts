import { isIP } from 'node:net';

/** Is the text an IPv4 or IPv6 address without a port? */
export const isIpAddress = (text: string): boolean => isIP(text) !== 0;
