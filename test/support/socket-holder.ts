/**
 * What systemd does for a service with a socket unit, in a few lines of Perl: listens, starts the command with the
 * socket as file descriptor 3 (sd_listen_fds(3)), and starts it again whenever it has ended. SIGTERM ends both.
 * @param name FileDescriptorName= of the socket
 * @returns what goes before the command
 */
export function socketHolder(port: number, name: string): string[] {
  const program = `
    use IO::Socket::INET; use POSIX ();
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => ${port}, Listen => 64, ReuseAddr => 1) or die $@;
    my ($child, $stops) = (0, 0);
    $SIG{TERM} = sub { $stops = 1; kill 'TERM', $child if $child };
    while (!$stops) {
      $child = fork();
      if (!$child) {
        $SIG{TERM} = 'DEFAULT';
        POSIX::dup2(fileno($socket), 3) if fileno($socket) != 3;
        open(my $kept, '<&=', 3); use Fcntl; fcntl($kept, F_SETFD, 0);
        @ENV{'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'} = ($$, 1, '${name}');
        exec @ARGV;
      }
      while (waitpid($child, 0) == -1 && $!{EINTR}) {}
    }`;
  return ['perl', '-e', program, '--'];
}
