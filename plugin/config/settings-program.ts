/**
 * Perl code that reads all settings of the helpdesk's own Kernel::Config and writes them to descriptor 3 as
 * one line of ASCII JSON: `{"settings":{…},"files":[…]}` with the files that were loaded, or
 * `{"fault":"…","file":"…","line":"…"}`. Scalars become strings; what has no text (code, objects) becomes
 * null. Then it kills itself, before any code of the helpdesk can run at exit.
 *
 * It never passes on an error's own text, which quotes the source and so may quote a password.
 *
 * @ARGV: the helpdesk's folder, and 1 if standard input contains the newest deployment, which then replaces
 *   the helpdesk's own copy.
 */
export const SETTINGS_PROGRAM = String.raw`
use strict;
my ( $Home, $HasDeployment ) = splice @ARGV;
my $Out;
BEGIN { open $Out, '>&=', 3 or exit 9 }
my %Short = ( "\n" => '\\n', "\t" => '\\t', '"' => '\\"', "\\" => '\\\\' );
sub Quoted {
    my $Text = "$_[0]";
    # Bytes of a file without "use utf8".
    utf8::decode($Text) if !utf8::is_utf8($Text) && $Text =~ /[\x80-\xff]/;
    $Text =~ s{([^ !#-\[\]-~])}{
        $Short{$1} || ( ord $1 > 0xffff
            ? sprintf '\\u%04x\\u%04x', 0xd800 + ( ( ord($1) - 0x10000 ) >> 10 ), 0xdc00 + ( ( ord($1) - 0x10000 ) & 0x3ff )
            : sprintf '\\u%04x', ord $1 )
    }ge;
    return '"' . $Text . '"';
}
sub Json {
    my ( $Value, $Depth ) = @_;
    return 'null' if !defined $Value || $Depth > 40;
    my $Kind = ref $Value;
    return Quoted($Value) if $Kind eq '';
    return '[' . join( ',', map { Json( $_, $Depth + 1 ) } @{$Value} ) . ']' if $Kind eq 'ARRAY';
    return 'null' if $Kind ne 'HASH';
    return '{' . join( ',', map { Quoted($_) . ':' . Json( $Value->{$_}, $Depth + 1 ) } sort keys %{$Value} ) . '}';
}
sub Tell {
    my $Line = "$_[0]\n";
    my $At = 0;
    while ( $At < length $Line ) {
        my $Written = syswrite $Out, $Line, length($Line) - $At, $At;
        last if !$Written;
        $At += $Written;
    }
    kill KILL => $$;
}
sub Fault {
    my ( $Fault, $File, $Line ) = @_;
    Tell( Json( { fault => $Fault, file => $File, line => $Line }, 0 ) );
}

Fault('missing') if !-e "$Home/Kernel/Config.pm";
Fault('denied')  if !-r "$Home/Kernel/Config.pm";
if ($HasDeployment) {
    binmode STDIN;
    my $Deployment = do { local $/; <STDIN> };
    unshift @INC, sub {
        return if $_[1] ne 'Kernel/Config/Files/ZZZAAuto.pm';
        open my $Handle, '<', \$Deployment or return;
        return $Handle;
    };
    # A helpdesk that has not written its copy yet would not look for it.
    no warnings 'once';
    *CORE::GLOBAL::glob = sub {
        my @Files = CORE::glob( $_[0] );
        return @Files if $_[0] !~ m{\A(.*)/Kernel/Config/Files/\*\.pm\z};
        my $Copy = "$1/Kernel/Config/Files/ZZZAAuto.pm";
        return sort ( @Files, ( grep { $_ eq $Copy } @Files ) ? () : $Copy );
    };
}
my $Config = eval { require Kernel::Config; Kernel::Config->new() };
if ( !ref $Config ) {
    my ( $File, $Line ) = "$@" =~ / at ([\w.\/+-]+) line (\d+)/;
    Fault( 'failed', $File, $Line );
}
my @Files = sort grep { !ref && m{\A/} && !m{/perl(?:5|-base)?/} } values %INC;
my $Answer = eval { Json( { settings => { %{$Config} }, files => \@Files }, 0 ) };
Fault('failed') if !defined $Answer;
Tell($Answer);
`;
