/**
 * Perl code that fetches one mail account as the helpdesk's own screen does: with its lock, so that no two
 * fetches meet, and at most 15 mails. It writes one line of JSON to descriptor 3 when everything is done,
 * events of the new tickets included: `{"kind":"fetched","mails":1,"failed":0,"tickets":[…]}`, with the titles of
 * the tickets that the agent may read, `failed` with
 * the error of the communication log, `locked`, or `timeout`.
 *
 * The fetcher has no time limit, and one that is killed would leave the lock behind. So the program interrupts
 * it by a signal, except while a mail is being turned into a ticket, and gives the lock back.
 *
 * @ARGV: ID of the account, ID of the agent, time limit in seconds.
 */
export const FETCH_PROGRAM = String.raw`
use strict;
use warnings;
my ( $AccountID, $UserID, $Limit ) = splice @ARGV;
open my $Out, '>&=', 3 or exit 9;
require Kernel::System::ObjectManager;
$Kernel::OM = Kernel::System::ObjectManager->new( 'Kernel::System::Log' => { LogPrefix => 'OAuth2-MailFetch' } );
my $DB = $Kernel::OM->Get('Kernel::System::DB');
sub Rows {
    my ( $SQL, @Values ) = @_;
    my @Rows;
    return if !$DB->Prepare( SQL => $SQL, Bind => [ map { \$_ } @Values ] );
    while ( my @Row = $DB->FetchrowArray() ) { push @Rows, [@Row] }
    return @Rows;
}
sub Newest {
    my ($Row) = Rows(
        'SELECT MAX(id) FROM communication_log WHERE account_id = ? AND direction = ?', $AccountID, 'Incoming'
    );
    return $Row && $Row->[0] || 0;
}
sub MayRead {
    my ($TicketID) = @_;
    return $Kernel::OM->Get('Kernel::System::Ticket')
        ->TicketPermission( Type => 'ro', TicketID => $TicketID, UserID => $UserID, LogNo => 1 );
}
sub Fetch {
    my $PID = $Kernel::OM->Get('Kernel::System::PID');
    return { kind => 'locked' } if !$PID->PIDCreate( Name => 'MailAccountFetch', TTL => 600 );
    my $Accounts = $Kernel::OM->Get('Kernel::System::MailAccount');
    my %Account  = $Accounts->MailAccountGet( ID => $AccountID );
    my $Before   = Newest();
    my ( $Ok, $Late );
    local $SIG{ALRM} = sub {
        my $Depth = 0;
        while ( my @Frame = caller $Depth++ ) {
            next if $Frame[3] ne 'Kernel::System::PostMaster::Run';
            alarm 1;
            return;
        }
        $Late = 1;
        alarm 2;
        die "time limit\n";
    };
    alarm $Limit;
    eval { $Ok = %Account && $Accounts->MailAccountFetch( %Account, Limit => 15, UserID => $UserID ); 1 };
    alarm 0;
    $PID->PIDDelete( Name => 'MailAccountFetch' );
    my $Log = Newest();
    $Log = 0 if $Log <= $Before;
    if ($Late) {
        $Kernel::OM->Get('Kernel::System::CommunicationLog::DB')
            ->CommunicationUpdate( CommunicationID => $Log, Status => 'Failed' )
            if $Log;
        return { kind => 'timeout' };
    }
    my ($Status) = Rows( 'SELECT status FROM communication_log WHERE id = ?', $Log );
    my @Mails = Rows(
        'SELECT status, id FROM communication_log_object WHERE communication_id = ? AND object_type = ?', $Log, 'Message'
    );
    if ( !$Ok || !$Status || ( $Status->[0] ne 'Successful' && !@Mails ) ) {
        my @Errors = Rows(
            'SELECT e.log_value FROM communication_log_object_entry e
            JOIN communication_log_object o ON o.id = e.communication_log_object_id
            WHERE o.communication_id = ? AND e.priority = ? ORDER BY e.id', $Log, 'Error'
        );
        return { kind => 'failed', said => @Errors ? $Errors[0]->[0] : '' };
    }
    my @Tickets = Rows(
        'SELECT DISTINCT t.id, t.tn, t.title FROM communication_log_object o
        JOIN communication_log_obj_lookup l ON l.communication_log_object_id = o.id
        JOIN article a ON a.id = l.object_id
        JOIN ticket t ON t.id = a.ticket_id
        WHERE o.communication_id = ? AND l.object_type = ? ORDER BY t.id', $Log, 'Article'
    );
    return {
        kind    => 'fetched',
        mails   => scalar @Mails,
        failed  => scalar( grep { $_->[0] ne 'Successful' } @Mails ),
        tickets => [ map { { id => $_->[0], number => $_->[1], title => MayRead( $_->[0] ) ? $_->[2] : '' } } @Tickets ],
    };
}
my $JSON = $Kernel::OM->Get('Kernel::System::JSON')->Encode( Data => Fetch() );
# Notifications and escalations of the new tickets are events that run now.
$Kernel::OM->ObjectsDiscard();
utf8::encode($JSON) if utf8::is_utf8($JSON);
$JSON =~ s/\n/ /g;
print {$Out} "$JSON\n";
close $Out;
`;
