/** A secret that may stand in the configuration of Apache and nginx without quoting; 128 bits are 22 characters of base64url. */
export const isSecret = (text: string): boolean => /^[\w-]{22,128}$/.test(text);

/** A path that may stand there without quoting. Addresses of Unix sockets have at most 107 bytes (unix(7)). */
export const isSocketPath = (text: string): boolean =>
  /^(\/[\w@-][\w.@-]*)+$/.test(text) && text.length <= 107;
