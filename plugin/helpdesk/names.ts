/** The Action that the helpdesk registers for the screen; its rights are those of this entry in `Frontend::Module`. */
export const SCREEN_ACTION = 'AdminOAuth2TokenManagement';
