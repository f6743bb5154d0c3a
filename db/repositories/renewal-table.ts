/** What is remembered of each configuration's renewals. */
export const RENEWAL = 'oauth2_sidecar_renewal';
