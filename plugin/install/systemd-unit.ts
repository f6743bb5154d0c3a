/** What a unit needs to know. */
export interface UnitOptions {
  /** The command, with a path. */
  program: string;
  /** One installation of several: a unit with `@`, whose instance is the installation's name. */
  isTemplate: boolean;
}

/**
 * The unit of the service. It may write its own state folder and, by the drop-in of `znuny-oauth2 install`, the
 * helpdesk's; it needs no device, no capability, no other kind of socket. MemoryDenyWriteExecute is missing on purpose:
 * V8 compiles at run time. MALLOC_ARENA_MAX keeps the memory outside of JavaScript small (mallopt(3)). AF_NETLINK is what
 * the C library asks for addresses with. The limits leave room for the helpdesk's console, which the service runs.
 */
export function systemdUnit({ program, isTemplate }: UnitOptions): string {
  const name = isTemplate ? '%i' : 'sidecar';
  const state = isTemplate ? 'znuny-oauth2-%i' : 'znuny-oauth2';
  return `[Unit]
Description=OAuth2 sidecar of the helpdesk${isTemplate ? ' (%i)' : ''}
Wants=network-online.target
After=network-online.target mariadb.service mysql.service
ConditionPathExists=/etc/znuny-oauth2/${name}.conf

[Service]
User=znuny-oauth2
Environment=NODE_ENV=production MALLOC_ARENA_MAX=1 SIDECAR_CONFIG=/etc/znuny-oauth2/${name}.conf
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
 * The unit that listens for the service, so that nobody else can while the service is down, and a restart drops no
 * request. Root may open the socket, and by the drop-in of `znuny-oauth2 install` the user of the web server; the group is
 * the sidecar's own, for `znuny-oauth2 doctor`. Only root may write to the folder.
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

/** What differs from one helpdesk to the next: who may write its cache, and where that is. */
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
 * Who reaches the screens: the user of the web server by the Unix socket, or everybody by a TCP port, with the secret.
 *
 * Whoever stops the service stops the Unix socket as well (systemd 249), or the next request would start it again. That
 * also happens when the service dies: until it is back, nobody but root can make a file in the socket's folder. A port could
 * be taken by anybody meanwhile and be given cookies and the secret, so systemd holds it until its own unit is stopped.
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
