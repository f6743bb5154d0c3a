import path from 'node:path';
import type { AlertSecrets } from '../domain/alert/alert-secrets.js';
import { SidecarError } from '../errors.js';

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
