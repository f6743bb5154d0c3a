/** What is needed to reach servers of the lab: all of them are on loopback. */
export const LOOPBACK = ['127.0.0.0/8', '::1'] as const;

/** The same for the environment of a sidecar. */
export const ALLOW_LOOPBACK = { SIDECAR_ALLOW_ADDRESSES: LOOPBACK.join(' ') };
