/**
 * What systemd does for a service with socket units, in a few lines of Perl: listens, starts the command with the
 * sockets as file descriptors from 3 on (sd_listen_fds(3)), and starts it again whenever it has ended. SIGTERM ends both.
 * @param ports by FileDescriptorName= of the socket
 * @returns what goes before the command
 */
export function socketHolder(ports: Record<string, number>): string[] {
  const program = `
    use IO::Socket::INET; use POSIX ();
    my @sockets = map { IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_, Listen => 64, ReuseAddr => 1) or die $@ }
      (${Object.values(ports).join(', ')});
    my ($child, $stops) = (0, 0);
    $SIG{TERM} = sub { $stops = 1; kill 'TERM', $child if $child };
    while (!$stops) {
      $child = fork();
      if (!$child) {
        $SIG{TERM} = 'DEFAULT';
        use Fcntl;
        my ($number, @kept) = (3);
        for my $socket (@sockets) {
          POSIX::dup2(fileno($socket), $number) if fileno($socket) != $number;
          open(my $kept, '<&=', $number++); fcntl($kept, F_SETFD, 0);
          push @kept, $kept;
        }
        @ENV{'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'} = ($$, scalar @sockets, '${Object.keys(ports).join(':')}');
        exec @ARGV;
      }
      while (waitpid($child, 0) == -1 && $!{EINTR}) {}
    }`;
  return ['perl', '-e', program, '--'];
}
