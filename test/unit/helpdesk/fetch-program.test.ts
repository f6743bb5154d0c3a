import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createMailFetcher } from '../../../plugin/helpdesk/mail-fetcher.js';
import type { HelpdeskPerl } from '../../../plugin/helpdesk/perl.js';
import { runProgram } from '../../../plugin/lib/run-program.js';

/** What the program asks of a helpdesk: `play.pl` says how it behaves, `steps` notes what was asked. */
const OBJECTS = String.raw`
package Kernel::System::ObjectManager;
use strict;
use warnings;
our %Play = %{ do './play.pl' };
my %Objects;
sub new { return bless {}, shift }
sub Get { my ( $Self, $Name ) = @_; return $Objects{$Name} ||= bless { Name => $Name }, 'Stub' }
sub ObjectsDiscard { Note('discard') }
sub Note { open my $File, '>>', 'steps' or die; print {$File} "@_\n" }
package Stub;
our $AUTOLOAD;
sub Prepare {
    my ( $Self, %Param ) = @_;
    my ($Kind) = grep { $Param{SQL} =~ $_->[0] } (
        [ qr{MAX\(id\)}, 'newest' ], [ qr{SELECT status FROM communication_log }, 'status' ],
        [ qr{object_type = \?$}, 'mails' ], [ qr{log_value}, 'errors' ], [ qr{DISTINCT t\.id}, 'tickets' ],
    );
    my $Rows = $Kernel::System::ObjectManager::Play{ $Kind->[1] };
    $Self->{Rows} = [ $Kind->[1] eq 'newest' ? shift @{$Rows} : @{ $Rows || [] } ];
    return 1;
}
sub FetchrowArray { my $Row = shift @{ $_[0]->{Rows} }; return $Row ? @{$Row} : () }
sub PIDCreate { Kernel::System::ObjectManager::Note('lock'); return $Kernel::System::ObjectManager::Play{lock} }
sub PIDDelete { Kernel::System::ObjectManager::Note('unlock'); return 1 }
sub MailAccountGet { return ( ID => 7 ) }
sub MailAccountFetch { Kernel::System::ObjectManager::Note('fetch'); return $Kernel::System::ObjectManager::Play{fetch}->() }
sub CommunicationUpdate { my ( $Self, %Param ) = @_; Kernel::System::ObjectManager::Note("failed $Param{CommunicationID}") }
sub TicketPermission { my ( $Self, %Param ) = @_; return $Param{TicketID} == 1 }
sub Encode { require JSON::PP; return JSON::PP->new->encode( $_[2] ) }
sub DESTROY {}
1;
`;
const log = { info() {}, warn() {}, error() {} };

describe('the program that fetches mail of one account', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'fetch-program-'));
    mkdirSync(path.join(home, 'Kernel/System'), { recursive: true });
    writeFileSync(path.join(home, 'Kernel/System/ObjectManager.pm'), OBJECTS);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  /** As whoever runs the test: the folder belongs to nobody's helpdesk. */
  const perl: HelpdeskPerl = (code, { args = [], limitMs = 60_000 } = {}) =>
    runProgram({
      command: 'perl',
      args: ['-I', home, '-e', code, ...args],
      cwd: home,
      env: { PATH: process.env.PATH ?? '' },
      answerFrom: 'descriptor',
      limitMs,
      maxBytes: 1_000_000,
    });

  /** @param play Perl */
  async function run(play: string, limit?: number) {
    writeFileSync(path.join(home, 'play.pl'), `{ lock => 1, fetch => sub { 1 }, ${play} }`);
    const end = await createMailFetcher(perl, log, limit).fetch(7, 1);
    return { end, steps: readFileSync(path.join(home, 'steps'), 'utf8').trim().split('\n') };
  }

  it('reads what came of the mails, and gives the lock back before it looks', async () => {
    const { end, steps } = await run(`newest => [ [4], [5] ], status => [ ['Successful'] ],
      mails => [ [ 'Successful', 1 ], [ 'Failed', 2 ] ],
      tickets => [ [ 1, '1001', "Help \\x{1b}[31m" ], [ 2, '1002', 'Confidential' ] ]`);
    expect(end).to.deep.equal({
      kind: 'fetched',
      mails: 2,
      failed: 1,
      tickets: [
        { id: 1, number: '1001', title: 'Help [31m' },
        { id: 2, number: '1002', title: '' },
      ],
    });
    expect(steps).to.deep.equal(['lock', 'fetch', 'unlock', 'discard']);
  });

  it('fetches nothing while somebody else holds the lock, and leaves it alone', async () => {
    const { end, steps } = await run('lock => 0');
    expect(end).to.deep.equal({ kind: 'locked' });
    expect(steps).to.deep.equal(['lock', 'discard']);
  });

  it('tells why a fetch failed, whether the fetcher says so, dies, or leaves a row that failed', async () => {
    const errors = `errors => [ ["Auth error:\\n1 NO AUTHENTICATE failed."], ['later'] ]`;
    const said = { kind: 'failed', said: 'Auth error: 1 NO AUTHENTICATE failed.' };
    for (const fetch of ['0', 'die "no"', '1']) {
      const { end, steps } = await run(
        `newest => [ [4], [5] ], status => [ ['Failed'] ], fetch => sub { ${fetch} }, ${errors}`,
      );
      expect(end, fetch).to.deep.equal(said);
      expect(steps.slice(-3), fetch).to.deep.equal(['fetch', 'unlock', 'discard']);
    }
  });

  it('takes no older row of the log for the one of this fetch', async () => {
    const { end } = await run(`newest => [ [4], [4] ], fetch => sub { 0 }, status => []`);
    expect(end).to.deep.equal({ kind: 'failed', said: '' });
  });

  it('interrupts a fetch that does not end, marks it as failed, and gives the lock back', async () => {
    const { end, steps } = await run(
      'newest => [ [4], [5] ], fetch => sub { select undef, undef, undef, 60 }',
      1,
    );
    expect(end).to.deep.equal({ kind: 'timeout' });
    expect(steps).to.deep.equal(['lock', 'fetch', 'unlock', 'failed 5', 'discard']);
  }).timeout(30_000);

  it('finishes a mail that is being turned into a ticket first', async () => {
    const { end, steps } = await run(
      `newest => [ [4], [5] ], fetch => sub {
        my $Until = time + 3;
        sub Kernel::System::PostMaster::Run { while ( time < $_[0] ) { select undef, undef, undef, 0.2 } }
        Kernel::System::PostMaster::Run($Until);
        Kernel::System::ObjectManager::Note('ticket');
        select undef, undef, undef, 60;
      }`,
      1,
    );
    expect(end).to.deep.equal({ kind: 'timeout' });
    expect(steps).to.deep.equal(['lock', 'fetch', 'ticket', 'unlock', 'failed 5', 'discard']);
  }).timeout(30_000);

  for (const [what, answer, stopped, kind] of [
    ['garbage', '\u0000{"kind"', null, 'unavailable'],
    ['nothing', '', null, 'unavailable'],
    ['nothing in time', '', 'time', 'timeout'],
    ['an unknown end', '{"kind":"odd"}', null, 'unavailable'],
  ] as const)
    it(`understands ${what} as ${kind}`, async () => {
      const odd = (async () => ({ answer, stopped })) as unknown as HelpdeskPerl;
      expect(await createMailFetcher(odd, log).fetch(7, 1)).to.deep.equal({ kind });
    });

  it('cuts a huge reason, and shows no control characters of it', async () => {
    const said = JSON.stringify({ kind: 'failed', said: `\u001b[31m\n${'x'.repeat(5_000_000)}` });
    const huge = (async () => ({ answer: said, stopped: null })) as unknown as HelpdeskPerl;
    const end = await createMailFetcher(huge, log).fetch(7, 1);
    expect(end.kind === 'failed' && end.said.length).to.equal(500);
    expect(end.kind === 'failed' && end.said).to.match(/^\[31m x+$/);
  });
});
