/**
 * What the helpdesk's System Configuration must not hold: secrets, and a program to run. Everything else of
 * the alert channels is set there. null: not given.
 */
export interface AlertSecrets {
  /** SIDECAR_ALERT_SMTP_PASSWORD: of the user in OAuth2Sidecar::Alert::Mail::User. */
  smtpPassword: string | null;
  /**
   * SIDECAR_ALERT_WEBHOOK_URL: instead of the setting, where the address itself is a secret (Slack, Teams).
   */
  webhookUrl: string | null;
  /**
   * SIDECAR_ALERT_WEBHOOK_SECRET: the signing key, `whsec_` and 24 to 64 bytes in base64, as Standard
   * Webhooks writes it. Without it, requests are not signed.
   */
  webhookKey: Buffer | null;
  /**
   * SIDECAR_ALERT_COMMAND: absolute path of a program that is given each message. Not a setting of the
   * helpdesk, whose admins must not gain a shell on this machine.
   */
  command: string | null;
  /** SIDECAR_ALERT_HEARTBEAT_URL: instead of the setting, where the address itself is a secret. */
  heartbeatUrl: string | null;
}
