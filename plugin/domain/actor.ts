/**
 * Who must act: the owner of the mailbox consents, an administrator at the provider (of the tenant or of Google
 * Workspace) or of the helpdesk corrects something, the provider recovers, or nobody.
 */
export type Actor = 'owner' | 'tenant-admin' | 'admin' | 'provider' | 'nobody';
