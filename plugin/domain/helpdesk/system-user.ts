/** The user ID under which the helpdesk's own background jobs write. */
export const SYSTEM_USER = 1;
