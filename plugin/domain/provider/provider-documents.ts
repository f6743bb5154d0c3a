/** A provider's metadata: RFC 8414 §2, OpenID Connect Discovery §3. */
export interface ProviderMetadata {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  userInfoEndpoint: string | null;
  /** RFC 7009; null: it has none. */
  revocationEndpoint: string | null;
  /** null: it does not say. */
  scopes: string[] | null;
  /** Does it support PKCE with S256? null: it does not say. */
  pkce: boolean | null;
  /**
   * Does it send its issuer in each answer of the authorization endpoint
   * (`authorization_response_iss_parameter_supported`, RFC 9207 §3)?
   */
  namesIssuer: boolean;
  /** Does it accept the client secret in the body, as the helpdesk sends it? null: it does not say. */
  secretInBody: boolean | null;
}

/** A provider's JSON documents besides the token endpoint's answers. Adapter: plugin/oauth. */
export interface ProviderDocuments {
  /**
   * Looks up an issuer that an admin entered.
   * @throws SidecarError discovery-failed, with the reason
   */
  discover(issuer: string): Promise<ProviderMetadata>;
  /**
   * Looks whether the issuer of an endpoint at Microsoft is known there, which names the tenant.
   * @param issuer `https://login.microsoftonline.com/TENANT/v2.0`
   * @returns `unknown`: Microsoft does not know the tenant; otherwise the host of the cloud that it lives in; null:
   *   not answered in time, or not in a way that tells
   */
  microsoftCloud(issuer: string): Promise<string | null>;
  /** @returns claims of OpenID Connect Core §5.3; null if the provider sent none, for any reason */
  userInfo(url: string, accessToken: string): Promise<Record<string, unknown> | null>;
}
