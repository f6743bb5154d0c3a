/**
 * error: mail has stopped, or will within days. warning: it will stop unless somebody acts. info: worth
 * knowing.
 */
export const SEVERITIES = ['error', 'warning', 'info', 'ok'] as const;
export type Severity = (typeof SEVERITIES)[number];
