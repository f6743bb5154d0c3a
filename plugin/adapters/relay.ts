import type { Config } from '../config/load-config.js';
import type { Clock } from '../domain/clock.js';
import type { MailProtocol } from '../domain/mailbox/mailbox.js';
import { createFailedSignIns } from '../domain/relay/failed-sign-ins.js';
import {
  hasImplicitTls,
  placeUrl,
  protocolOfScheme,
  type RelayPlace,
  type RelayScheme,
} from '../domain/relay/relay-listener.js';
import { HELPDESK_REFRESH } from '../domain/token/helpdesk-refresh.js';
import { SidecarError } from '../errors.js';
import { isLoopback } from '../lib/safe-address.js';
import { listenOn, type Place } from '../listen/listen-on.js';
import type { RelayDeps, RelayListener } from '../relay/relay-server.js';
import type { RelayRenewals } from '../usecases/relay/token-in-time.js';
import type { Adapters } from './adapters.js';
import { createRelayCertificate } from './relay-certificate.js';

/** What `serve` adds to the adapters for the relay. */
export interface RelayParts {
  /** For renewals of the relay's clients. */
  renewals: RelayRenewals;
  /** systemd's sockets by scheme. */
  inherited: ReadonlyMap<string, readonly number[]>;
  /** How many connections there may be at once. */
  most: number;
  count: RelayDeps['count'];
}

interface PlacedListener extends RelayListener {
  /** Where it listens; null: a Unix socket from systemd, whose path is not known, or not started yet. */
  at: RelayPlace | null;
}

/** The listeners of the configuration; a socket from systemd replaces those of the same scheme. */
function listenersOf(
  { relay }: Config,
  inherited: RelayParts['inherited'],
  secureContext: () => unknown,
): PlacedListener[] {
  const places: { scheme: RelayScheme; place: Place }[] = [...inherited].flatMap(([scheme, fds]) =>
    fds.map((fd) => ({ scheme: scheme as RelayScheme, place: { fd } })),
  );
  for (const { scheme, at } of relay.places) if (!inherited.has(scheme)) places.push({ scheme, place: at });
  return places.map(({ scheme, place }): PlacedListener => {
    const implicit = hasImplicitTls(scheme);
    const terms: Pick<RelayListener, 'protocol' | 'tls' | 'plain'> = {
      protocol: protocolOfScheme(scheme) as MailProtocol,
      tls: implicit ? 'implicit' : relay.tls ? 'starttls' : null,
      // Of a socket from systemd the address is known only once it is in use.
      plain: !('fd' in place) && isOwn(place),
    };
    const listener: PlacedListener = {
      ...terms,
      name: 'fd' in place ? `${scheme} (systemd)` : placeUrl({ scheme, at: place }),
      mayRetry: !('fd' in place),
      at: 'fd' in place ? null : { scheme, at: place },
      async start(server) {
        if (implicit && !relay.tls)
          throw new SidecarError('config-invalid', {
            detail: `The relay needs SIDECAR_RELAY_CERTIFICATE and SIDECAR_RELAY_KEY for ${scheme}.`,
          });
        if (relay.tls) secureContext();
        await listenOn(server, place);
        const address = server.address();
        // That of a Unix socket is null.
        if ('fd' in place && typeof address === 'object' && address !== null)
          listener.at = { scheme, at: { host: address.address, port: address.port } };
        listener.plain = typeof address !== 'object' || address === null || isLoopback(address.address);
        if (!listener.plain && !relay.tls)
          throw new SidecarError('config-invalid', {
            detail:
              'The relay may listen on an address that other machines reach only with SIDECAR_RELAY_CERTIFICATE and SIDECAR_RELAY_KEY.',
          });
      },
    };
    return listener;
  });
}

/** How old the name in greetings may be, in milliseconds: clients need not wait for a setting that never changes. */
const NAME_AGE = 60_000;

/** Reads this host's name now and then. Without a database, greetings have the last one. */
function hostNameOf(read: () => Promise<string>, clock: Clock): () => Promise<string> {
  let name = 'localhost';
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock().getTime();
    if (now - readAt < NAME_AGE) return name;
    const isFirst = readAt === Number.NEGATIVE_INFINITY;
    readAt = now;
    const reading = read().then(
      (found) => {
        name = found;
      },
      () => undefined,
    );
    if (isFirst) await reading;
    return name;
  };
}

function isOwn(place: Place | RelayPlace['at']): boolean {
  return !('host' in place) || place.host === 'localhost' || isLoopback(place.host);
}

/** Everything that the relay needs. */
export async function relayAdapters(adapters: Adapters, config: Config, parts: RelayParts) {
  const { tls } = config.relay;
  const secureContext = tls
    ? createRelayCertificate(tls, adapters.log)
    : () => {
        throw new SidecarError('internal', { log: 'TLS without a certificate' });
      };
  const listeners = listenersOf(config, parts.inherited, secureContext);
  const [
    { createSignInCheck },
    { createTokenInTime },
    { openRelayedMailbox },
    { signInUpstream },
    { mailAddresses },
    { helloName },
  ] = await Promise.all([
    import('../usecases/relay/check-sign-in.js'),
    import('../usecases/relay/token-in-time.js'),
    import('../usecases/relay/open-relayed-mailbox.js'),
    import('../mail/upstream.js'),
    import('../mail/mailbox-probe.js'),
    import('../domain/helpdesk/hello-name.js'),
  ]);
  const { clock, log } = adapters;
  const settings = await adapters.settings();
  const rules = mailAddresses(config.allowedAddresses);
  const relayPasswords = await adapters.relayPasswords();
  const checkSignIn = createSignInCheck({
    relayPasswords,
    failedSignIns: createFailedSignIns(clock),
    clock,
    log,
  });
  const tokenInTime = createTokenInTime({
    ...parts.renewals,
    showTime: await adapters.helpdeskTime(),
    helpdeskRefresh: config.isAlone ? 0 : HELPDESK_REFRESH,
  });
  const deps: RelayDeps = {
    open: (request) =>
      openRelayedMailbox(
        { checkSignIn, tokenInTime, connect: (target) => signInUpstream(target, rules), log },
        request,
      ),
    secureContext,
    hostName: hostNameOf(async () => helloName(await settings.current()), clock),
    log,
    limits: {
      most: parts.most,
      mostBefore: Math.max(10, Math.floor(parts.most / 2)),
      mostOfAddress: Math.max(10, Math.floor(parts.most / 10)),
    },
    count: parts.count,
  };
  const places = () => listeners.flatMap(({ at }) => at ?? []);
  return { listeners, deps, places };
}
