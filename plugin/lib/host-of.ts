/** Host of a URL without its port, in lower case; '' if it is not an http(s) URL. */
export const hostOf = (url: string): string =>
  /^https?:\/\/(?:[^/?#@]*@)?([^/:?#]+)/i.exec(url)?.[1]?.toLowerCase() ?? '';

/** Host of an address such as `host:993`, in lower case. */
export const hostOfAddress = (address: string): string => address.trim().replace(/:\d+$/, '').toLowerCase();
