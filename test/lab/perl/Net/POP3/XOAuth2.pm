package Net::POP3::XOAuth2;

# Teaches Net::POP3 the SASL mechanism XOAUTH2, which Debian's helpdesk expects and Debian does not ship.
#
#   my $messages = $pop3->xoauth2( $user, $token, $split );
#
# $split: send the mechanism and the response in two lines, as the outlook hosts want it; otherwise in one.
# Returns the number of messages ("0E0" for none, as login() does), or undef where the server refuses.

use strict;
use warnings;

use MIME::Base64 qw(encode_base64);
use Net::Cmd qw(CMD_OK CMD_MORE);
use Net::POP3;

sub Net::POP3::xoauth2 {
    my ( $pop3, $user, $token, $split ) = @_;

    my $response = encode_base64( "user=$user\001auth=Bearer $token\001\001", '' );

    if ($split) {
        return if !_continues( $pop3->command('AUTH XOAUTH2') );
        $pop3->command($response);
    }
    else {
        $pop3->command("AUTH XOAUTH2 $response");
    }

    my $status = _answer($pop3);
    if ( $status == CMD_MORE ) {

        # A refusal comes as a challenge; an empty line fetches the final answer.
        $pop3->command('');
        $status = _answer($pop3);
    }
    return if $status != CMD_OK;
    return $pop3->_get_mailbox_count();
}

sub _continues {
    my $pop3 = shift;
    return _answer($pop3) == CMD_MORE;
}

# Net::POP3 itself does not know the continuation line "+ ..." (RFC 5034).
sub _answer {
    my $pop3 = shift;

    my $line = $pop3->getline();
    return Net::Cmd::CMD_ERROR() if !defined $line;
    return CMD_MORE              if $line =~ m{\A [+] (?: [ ] | \r? \n )}x;

    my ($text) = $line =~ m{\A (?: [+]OK | -ERR ) \s* (.*?) \s* \z}x;
    my $status = $line =~ m{\A [+]OK}x ? CMD_OK : Net::Cmd::CMD_ERROR();
    $pop3->set_status( $status, [ $text // $line ] );
    return $status;
}

1;
