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
 * V8 compiles at run time. MALLOC_ARENA_MAX keeps the memory outside of JavaScript small (mallopt(3)). AF_NETLINK is what the C library asks for addresses with.
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
TimeoutStopSec=15
StateDirectory=${state}
StateDirectoryMode=0700
UMask=0007

NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/** What differs from one helpdesk to the next: who may write its cache, and where that is. */
export const unitDropIn = ({ home, group }: { home: string; group: string }): string => `[Service]
Group=${group}
SupplementaryGroups=znuny-oauth2
ReadWritePaths=-${home}/var
`;
