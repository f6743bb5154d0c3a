import type { TokenConfigDocument } from './token-config.js';

/** A token configuration to start from, read from a YAML file. */
export interface ProviderTemplate {
  /** File name without folder and `.yml`; identifies the template in URLs. */
  filename: string;
  /** Shown to the admin and stored as TemplateName. */
  name: string;
  document: TokenConfigDocument;
  /** true: from the sidecar or the site; false: from the helpdesk's own folder. */
  own: boolean;
  /** Its endpoints are first discovered from an issuer. */
  discovery: boolean;
  /** Its mail servers: mail account type -> address, as written in the file. */
  mail?: unknown;
}

/**
 * The templates of the site, the sidecar and the helpdesk; of templates with the same name, the first in this
 * order counts.
 */
export interface ProviderTemplates {
  /** Ordered by name; a broken file is left out and logged. */
  list(): Promise<ProviderTemplate[]>;
  /** @throws SidecarError unknown-template, template-broken */
  get(filename: string): Promise<ProviderTemplate>;
}
