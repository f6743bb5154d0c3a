/** Makes the helpdesk forget its cached lists of configurations and tokens. */
export interface HelpdeskCaches {
  forgetTokenConfigs(): Promise<void>;
}
