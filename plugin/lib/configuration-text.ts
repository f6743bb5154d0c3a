/**
 * A secret that needs no quotes in the configuration of Apache and nginx. 22 characters of base64url hold 128
 * bits.
 */
export const isChannelSecret = (text: string): boolean => /^[\w-]{22,128}$/.test(text);

/** A path that needs no quotes there. The address of a Unix socket has at most 107 bytes (unix(7)). */
export const isSocketPath = (text: string): boolean =>
  /^(\/[\w@-][\w.@-]*)+$/.test(text) && text.length <= 107;

/** A host name, or an IPv4 address, without a port. */
export const isHostName = (text: string): boolean => /^[\w-]+(\.[\w-]+)*$/.test(text);

/** The default port of the web server's internal listener, known to both the sidecar and the web server's rules. */
export const defaultFramePort = (sidecarPort: number): number => sidecarPort + 1;
