import path from 'node:path';
import {
  hasImplicitTls,
  isLocalPlace,
  RELAY_SCHEMES,
  type RelayPlace,
  type RelayScheme,
} from '../domain/relay/relay-listener.js';
import { SidecarError } from '../errors.js';
import { isSocketPath } from '../lib/configuration-text.js';

/** Where and how the relay listens. */
export interface RelaySettings {
  /** Empty: the relay is off. */
  places: readonly RelayPlace[];
  /** SIDECAR_RELAY_CERTIFICATE and SIDECAR_RELAY_KEY: PEM files; null: no TLS. */
  tls: { certificate: string; key: string } | null;
}

const EXAMPLE = 'SIDECAR_RELAY="imap://127.0.0.1:1143 smtp://127.0.0.1:1587"';

const invalid = (detail: string): SidecarError => new SidecarError('config-invalid', { detail });

function readPlace(text: string): RelayPlace {
  const [, scheme = '', rest = ''] = /^([a-z0-9]+):\/\/(.+)$/.exec(text) ?? [];
  const [, v6, name, digits = ''] = /^(?:\[([0-9a-f:]+)\]|([0-9.]+|localhost)):(\d{1,5})$/i.exec(rest) ?? [];
  const port = Number(digits);
  const host = v6 ?? name;
  if (!(RELAY_SCHEMES as readonly string[]).includes(scheme))
    throw invalid(
      `SIDECAR_RELAY: "${text}" must begin with one of ${RELAY_SCHEMES.join(', ')} and "://", for example ${EXAMPLE}.`,
    );
  if (rest.startsWith('/') && isSocketPath(rest))
    return { scheme: scheme as RelayScheme, at: { path: rest } };
  if (host === undefined || port < 1 || port > 65_535)
    throw invalid(
      `SIDECAR_RELAY: "${text}" must name an IP address and a port, or the path of a Unix socket, for example ${EXAMPLE}.`,
    );
  return { scheme: scheme as RelayScheme, at: { host, port } };
}

/**
 * Reads SIDECAR_RELAY, SIDECAR_RELAY_CERTIFICATE and SIDECAR_RELAY_KEY. Addresses that other machines reach need a
 * certificate, because passwords and mail would cross the network in the clear.
 * @throws SidecarError config-invalid
 */
export function relaySettings(given: (name: string) => string | undefined): RelaySettings {
  const places = (given('SIDECAR_RELAY') ?? '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(readPlace);
  const [certificate, key] = [given('SIDECAR_RELAY_CERTIFICATE'), given('SIDECAR_RELAY_KEY')];
  if ((certificate === undefined) !== (key === undefined))
    throw invalid('SIDECAR_RELAY_CERTIFICATE and SIDECAR_RELAY_KEY must be set together.');
  const tls =
    certificate === undefined || key === undefined
      ? null
      : { certificate: path.resolve(certificate), key: path.resolve(key) };
  for (const place of places)
    if (tls === null && (hasImplicitTls(place.scheme) || !isLocalPlace(place)))
      throw invalid(
        `SIDECAR_RELAY: ${place.scheme}://${'path' in place.at ? place.at.path : place.at.host} needs TLS. Set SIDECAR_RELAY_CERTIFICATE and SIDECAR_RELAY_KEY, or listen on 127.0.0.1.`,
      );
  return Object.freeze({ places: Object.freeze(places), tls });
}
