import type { TokenConfigDocument } from './token-config.js';

/** A token configuration to begin with, from a YAML file. */
export interface ProviderTemplate {
  /** Without folder and `.yml`; names it in URLs. */
  filename: string;
  /** Shown to the admin and kept as TemplateName. */
  name: string;
  document: TokenConfigDocument;
  /** Of the sidecar or of the site; false for one of the helpdesk's own folder. */
  own: boolean;
  /** Endpoints are looked up from an issuer first. */
  discovery: boolean;
}

/** The templates of the sidecar, of the site and of the helpdesk; of the same name the site's wins, then the sidecar's. */
export interface ProviderTemplates {
  /** Ordered by name; a broken file is left out and logged. */
  list(): Promise<ProviderTemplate[]>;
  /** @throws SidecarError unknown-template, template-broken */
  get(filename: string): Promise<ProviderTemplate>;
}
