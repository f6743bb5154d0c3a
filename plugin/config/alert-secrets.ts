import path from 'node:path';
import { SidecarError } from '../errors.js';

/**
 * What the helpdesk's System Configuration must not hold: secrets, and a program to run. Everything else of
 * the alert channels is set there.
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
   * Webhooks writes it. null: requests are not signed.
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

/** @throws SidecarError config-invalid */
export function alertSecrets(given: (name: string) => string | undefined): AlertSecrets {
  const text = (name: string) => given(`SIDECAR_ALERT_${name}`) ?? null;
  return Object.freeze({
    smtpPassword: text('SMTP_PASSWORD'),
    webhookUrl: text('WEBHOOK_URL'),
    webhookKey: webhookKey(text('WEBHOOK_SECRET')),
    command: command(text('COMMAND')),
    heartbeatUrl: text('HEARTBEAT_URL'),
  });
}

const invalid = (detail: string): SidecarError => new SidecarError('config-invalid', { detail });

function command(text: string | null): string | null {
  if (text !== null && (!path.isAbsolute(text) || path.normalize(text) !== text))
    throw invalid(
      'SIDECAR_ALERT_COMMAND must be the absolute path of a program, without arguments; it is run without a shell.',
    );
  return text;
}

function webhookKey(text: string | null): Buffer | null {
  if (text === null) return null;
  const encoded = text.replace(/^whsec_/, '');
  const key = Buffer.from(encoded, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || key.length < 24 || key.length > 64)
    throw invalid(
      'SIDECAR_ALERT_WEBHOOK_SECRET must be whsec_ and 24 to 64 random bytes in base64. Make one: echo "whsec_$(openssl rand -base64 32)"',
    );
  return key;
}
