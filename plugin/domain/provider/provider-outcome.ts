/**
 * What a provider's failure means for the tokens.
 * - transient: try later; the tokens are untouched
 * - grant-dead: the refresh token is no longer accepted; a new consent is needed
 * - client-rejected: client ID or secret is wrong or expired; the tokens stay valid
 * - refused: the request itself is refused (scope, parameters, rules of the tenant); the tokens stay valid
 * - invalid-answer: not the answer of a token endpoint
 */
export type ProviderOutcome = 'transient' | 'grant-dead' | 'client-rejected' | 'refused' | 'invalid-answer';
