package Authen::SASL::Perl::XOAUTH2;

# The client side of XOAUTH2 for Authen::SASL, which Debian 12 lacks.
#
#   Authen::SASL->new(
#       mechanism => 'XOAUTH2',
#       callback  => { user => $user, auth => 'Bearer', access_token => $token },
#   );

use strict;
use warnings;

use parent 'Authen::SASL::Perl';

sub mechanism { return 'XOAUTH2' }
sub _order    { return 1 }
sub _secflags { return 0 }

sub client_start {
    my $self = shift;

    $self->{error}       = undef;
    $self->{need_step}   = 0;
    my $kind = $self->_call('auth') || 'Bearer';
    return 'user=' . $self->_call('user') . "\001auth=$kind " . $self->_call('access_token') . "\001\001";
}

# The server's challenge says why it refuses; the empty answer asks for the final word.
sub client_step { return '' }

1;
