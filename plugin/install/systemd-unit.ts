import { isLocalPlace, type RelayPlace, type RelayScheme } from '../domain/relay/relay-listener.js';
import { MEMORY_WORDS } from './memory-settings.js';

/** What a unit needs to know. */
export interface UnitOptions {
  /** The path of the command. */
  program: string;
  /** One of several installations: a unit with `@`, whose instance is the installation's name. */
  isTemplate: boolean;
}

/**
 * Returns the unit of the service. It may write to its own state folder and, through the drop-in of
 * `znuny-oauth2 install`, to the helpdesk's. It needs no device, no capability and no other kind of socket.
 * MemoryDenyWriteExecute is missing on purpose, because V8 compiles at run time. The C
 * library uses AF_NETLINK to look up addresses. The limits leave room for the helpdesk's console, which the
 * service runs.
 */
export function systemdUnit({ program, isTemplate }: UnitOptions): string {
  const name = isTemplate ? '%i' : 'sidecar';
  const state = isTemplate ? 'znuny-oauth2-%i' : 'znuny-oauth2';
  return `[Unit]
Description=OAuth2 sidecar of the helpdesk${isTemplate ? ' (%i)' : ''}
Wants=network-online.target
After=network-online.target mariadb.service mysql.service postgresql.service
ConditionPathExists=/etc/znuny-oauth2/${name}.conf

[Service]
User=znuny-oauth2
Environment=NODE_ENV=production ${MEMORY_WORDS} SIDECAR_CONFIG=/etc/znuny-oauth2/${name}.conf
ExecStart=${program} serve
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=5
TimeoutStopSec=120
StateDirectory=${state}
StateDirectoryMode=0700
UMask=0007
MemoryMax=768M
TasksMax=128

NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateUsers=yes
DevicePolicy=closed
ProcSubset=pid
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RemoveIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/**
 * Returns the unit that listens for the service, so that no other program can do so while the service is
 * stopped, and a restart loses no request. Root may open the socket and, through the drop-in of `znuny-oauth2
 * install`, the web server's user. The group is the sidecar's own, for `znuny-oauth2 doctor`. Only root may
 * write to the folder.
 */
export function socketUnit({ isTemplate }: Pick<UnitOptions, 'isTemplate'>): string {
  const name = isTemplate ? '%i' : 'sidecar';
  return `[Unit]
Description=Socket of the OAuth2 sidecar of the helpdesk${isTemplate ? ' (%i)' : ''}
ConditionPathExists=/etc/znuny-oauth2/${name}.conf

[Socket]
ListenStream=/run/znuny-oauth2/${name}.sock
FileDescriptorName=http
SocketUser=root
SocketGroup=znuny-oauth2
SocketMode=0660
DirectoryMode=0755
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`;
}

/** `ListenStream=` takes addresses, not names. */
const listenStream = ({ at }: RelayPlace): string => {
  if ('path' in at) return at.path;
  const host = at.host === 'localhost' ? '127.0.0.1' : at.host;
  return `${host.includes(':') ? `[${host}]` : host}:${at.port}`;
};

/**
 * Returns the unit that listens for clients of the relay, so that no other program can take its port, and with it
 * passwords, while the service is stopped, and a restart refuses nobody. systemd holds the places until the unit itself is
 * stopped: a client starts a stopped service again.
 * @param places all of one scheme
 */
export function relaySocketUnit(
  scheme: RelayScheme,
  places: readonly RelayPlace[],
  { name, unit }: { name: string; unit: string },
): string {
  return `[Unit]
Description=Relay of the OAuth2 sidecar: ${scheme}${name === 'sidecar' ? '' : ` (${name})`}
ConditionPathExists=/etc/znuny-oauth2/${name}.conf

[Socket]
${places.map((place) => `ListenStream=${listenStream(place)}\n`).join('')}FileDescriptorName=${scheme}
Service=${unit}
SocketUser=root
SocketGroup=znuny-oauth2
SocketMode=0660
DirectoryMode=0755
RemoveOnStop=yes
${places.every(isLocalPlace) ? '' : 'FreeBind=yes\n'}
[Install]
WantedBy=sockets.target
`;
}

/** What differs between helpdesks: the group that may write the cache, and the cache's folder. */
export const unitDropIn = ({
  home,
  group,
  socketUnit: socket,
}: {
  home: string;
  group: string;
  /** Name of the unit above. */
  socketUnit: string;
}): string => `[Unit]
Wants=${socket}

[Service]
Group=${group}
SupplementaryGroups=znuny-oauth2
ReadWritePaths=-${home}/var
`;

/**
 * Sets who reaches the screens: the web server's user through the Unix socket, or everybody through a TCP
 * port, with the secret.
 *
 * Stopping the service also stops the Unix socket (systemd 249), because otherwise the next request would
 * start it again. The same happens when the service dies; until it is back, only root can create a file in
 * the socket's folder. A port, in contrast, could be taken by any program, which would then receive cookies
 * and the secret. So systemd holds the port until its own unit is stopped.
 * @param service name of the unit
 */
export const socketDropIn = (service: string, by: { user: string } | { port: number }): string =>
  'user' in by
    ? `[Unit]
StopPropagatedFrom=${service}

[Socket]
SocketUser=${by.user}
`
    : `[Socket]
ListenStream=
ListenStream=127.0.0.1:${by.port}
`;
