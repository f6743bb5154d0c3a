/** Clears the helpdesk's cached lists of configurations and tokens. */
export interface HelpdeskCaches {
  forgetTokenConfigs(): Promise<void>;
}
