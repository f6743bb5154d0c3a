/** The table with the renewal state of each configuration. */
export const RENEWAL = 'oauth2_sidecar_renewal';
