import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import { createPerlSettings } from '../../plugin/config/perl-settings.js';
import type { SettingHash } from '../../plugin/config/setting-values.js';
import type { SidecarError } from '../../plugin/errors.js';
import { createHelpdeskPerl } from '../../plugin/helpdesk/perl.js';
import { until } from '../lab/ports.js';
import { giveHelpdesk } from '../support/helpdesk-owner.js';
import { lab } from '../support/instance.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

const NAMES = [
  ...['DatabaseHost', 'Database', 'DatabaseUser', 'DatabasePw', 'DatabaseDSN', 'Database::Attribute'],
  ...['FQDN', 'HttpType', 'ScriptAlias', 'Organization', 'AdminEmail', 'SecureMode', 'SystemID'],
  ...['SessionMaxTime', 'Frontend::Module', 'Loader::Agent::CommonJS', 'Ticket::Hook', 'CheckMXRecord'],
];

/** What the helpdesk's own configuration object returns (`$ConfigObject->Get`), scalars as text. */
const HELPDESK = `use JSON::PP ();
sub Plain { my $V = shift; return { map { $_ => Plain( $V->{$_} ) } keys %{$V} } if ref $V eq 'HASH';
  return [ map { Plain($_) } @{$V} ] if ref $V eq 'ARRAY'; return defined $V ? "$V" : undef }
require Kernel::Config; my $Config = Kernel::Config->new();
print "\\nANSWER ", JSON::PP->new->ascii->encode( { map { $_ => Plain( $Config->Get($_) ) } @ARGV } ), "\\n";`;

const FRAME = (body: string, head = '') => `package Kernel::Config;
use strict;
use warnings;
use utf8;
${head}
sub Load {
    my $Self = shift;
    $Self->{Home} = 'HOME';
    $Self->{DatabaseHost} = '127.0.0.1';
    $Self->{Database}     = 'desk';
    $Self->{DatabaseUser} = 'user';
    $Self->{DatabasePw}   = 'secret';
    $Self->{DatabaseDSN}  = "DBI:mysql:database=$Self->{Database};host=$Self->{DatabaseHost};";
${body}
    return 1;
}
use Kernel::Config::Defaults;
use parent qw(Kernel::Config::Defaults);
1;
`;

interface Shape {
  body: string;
  head?: string;
  /** Other files below the helpdesk's folder. */
  files?: Record<string, string>;
  /** One of the expected values, so that a mistake on both sides is noticed. */
  value: [name: string, text: string];
  env?: Record<string, string>;
  /** A last change to the whole text. */
  change?: (text: string) => string;
  /** Of Kernel/Config.pm; UTF-8 by default. */
  encoding?: BufferEncoding;
}

/** As admins write it. */
const SHAPES: Record<string, Shape> = {
  'a port in the DSN': {
    body: `$Self->{DatabaseDSN} = "DBI:mysql:database=$Self->{Database};host=db1;port=3307;";`,
    value: ['DatabaseDSN', 'DBI:mysql:database=desk;host=db1;port=3307;'],
  },
  'a socket in the DSN': {
    body: `$Self->{DatabaseDSN} = 'DBI:mysql:database=desk;mysql_socket=/srv/db.sock';`,
    value: ['DatabaseDSN', 'DBI:mysql:database=desk;mysql_socket=/srv/db.sock'],
  },
  'options for TLS in the DSN': {
    body: `$Self->{DatabaseDSN} .= 'mysql_ssl=1;mysql_ssl_optional=1;';`,
    value: ['DatabaseDSN', 'DBI:mysql:database=desk;host=127.0.0.1;mysql_ssl=1;mysql_ssl_optional=1;'],
  },
  'a DSN that refers to settings': {
    body: `$Self->{DatabaseDSN} = 'DBI:mysql:database=<OTRS_CONFIG_Database>;host=<OTRS_CONFIG_DatabaseHost>;';`,
    value: ['DatabaseDSN', 'DBI:mysql:database=desk;host=127.0.0.1;'],
  },
  'Database::Attribute': {
    body: `$Self->{'Database::Attribute'} = { mysql_ssl => 1, mysql_auto_reconnect => 0 };`,
    value: ['DatabaseUser', 'user'],
  },
  'a password in double quotes with escapes': {
    body: `$Self->{DatabasePw} = "a\\$b\\@c\\"d\\\\e'f";`,
    value: ['DatabasePw', `a$b@c"d\\e'f`],
  },
  'a password in single quotes with escapes': {
    body: `$Self->{DatabasePw} = 'it\\'s $Self \\\\ @x "y"';`,
    value: ['DatabasePw', `it's $Self \\ @x "y"`],
  },
  'a password in q with nested brackets': {
    body: `$Self->{DatabasePw} = q{a{b}c};`,
    value: ['DatabasePw', 'a{b}c'],
  },
  'a password in qq with another delimiter': {
    body: `$Self->{DatabasePw} = qq|x'y"z\\|{}|;`,
    value: ['DatabasePw', `x'y"z|{}`],
  },
  'a password with letters outside of ASCII': {
    body: `$Self->{DatabasePw} = 'pässwörd€';`,
    value: ['DatabasePw', 'pässwörd€'],
  },
  'a heredoc': {
    body: `chomp( $Self->{DatabasePw} = <<'END' );\nfrom a 'heredoc'\nEND`,
    value: ['DatabasePw', "from a 'heredoc'"],
  },
  'use lib, and a module of the site': {
    head: `use lib 'HOME/site';\nuse SiteSettings;`,
    body: `$Self->{FQDN} = SiteSettings::fqdn();`,
    files: { 'site/SiteSettings.pm': `package SiteSettings; sub fqdn { return 'module.example.com' } 1;` },
    value: ['FQDN', 'module.example.com'],
  },
  'do of another file': {
    body: `my $Secrets = do 'HOME/secrets.pl' or die; $Self->{DatabasePw} = $Secrets->{password};`,
    files: { 'secrets.pl': `{ password => 'from another file' };` },
    value: ['DatabasePw', 'from another file'],
  },
  'require of another file': {
    body: `require 'HOME/more.pl'; $Self->{FQDN} = $More::FQDN;`,
    files: { 'more.pl': `package More; our $FQDN = 'required.example.com'; 1;` },
    value: ['FQDN', 'required.example.com'],
  },
  'a file that is opened and read': {
    body: `open my $In, '<', 'HOME/password.txt' or die; $Self->{DatabasePw} = <$In>; chomp $Self->{DatabasePw};`,
    files: { 'password.txt': 'out of a text\n' },
    value: ['DatabasePw', 'out of a text'],
  },
  'eval that fails and goes on': {
    body: `eval { require Not::There; $Self->{FQDN} = 'never' }; $Self->{FQDN} = 'after.example.com' if $@;`,
    value: ['FQDN', 'after.example.com'],
  },
  'a hash built in a loop': {
    body: `my %Hosts = ( a => 1, b => 2 );
    for my $Key ( sort keys %Hosts ) { $Self->{'Frontend::Module'}->{"Admin\\u$Key"} = { Title => $Key x $Hosts{$Key} } }
    $Self->{FQDN} = join '-', map { $_->{Title} } @{ $Self->{'Frontend::Module'} }{qw(AdminA AdminB)};`,
    value: ['FQDN', 'a-bb'],
  },
  'a variable of the environment': {
    body: `$Self->{DatabasePw} = $ENV{DESK_PASSWORD} // 'none';`,
    env: { DESK_PASSWORD: 'from the environment' },
    value: ['DatabasePw', 'from the environment'],
  },
  'local and a package variable': {
    head: `our $Suffix = 'example.com';`,
    body: `{ local $Suffix = 'example.org'; $Self->{FQDN} = Name() }`,
    change: (text) => text.replace('1;\n', '').replace(/1;\n$/, 'sub Name { return "desk.$Suffix" }\n1;\n'),
    value: ['FQDN', 'desk.example.org'],
  },
  'string operators': {
    body: `my $Host = lc 'DESK'; $Self->{FQDN} = $Host . '.' . ( 'x' x 2 ) . ( 1 > 2 ? '.no' : '.yes' ); $Self->{FQDN} =~ s/xx/zz/; $Self->{Organization} ||= 'set'; $Self->{SystemID} //= 12;`,
    value: ['FQDN', 'desk.zz.yes'],
  },
  subroutines: {
    body: `$Self->{FQDN} = $Self->_Name('desk');`,
    change: (text) =>
      text.replace(/1;\n$/, 'sub _Name { my ( $Self, $Name ) = @_; return "$Name.sub.example.com" }\n1;\n'),
    value: ['FQDN', 'desk.sub.example.com'],
  },
  'a slice of the hash': {
    body: `@{$Self}{qw(DatabaseUser DatabasePw)} = ( 'sliced', 'by slice' ); $Self->@{qw(FQDN HttpType)} = qw(slice.example.com https);`,
    value: ['DatabasePw', 'by slice'],
  },
  'a whole hash over it': {
    body: `%{$Self} = ( %{$Self}, FQDN => 'merged.example.com', DatabasePw => 'merged' );`,
    value: ['DatabasePw', 'merged'],
  },
  'files of Config/Files override, the second Load wins': {
    body: `$Self->{HttpType} = 'https';`,
    files: {
      'Kernel/Config/Files/ZZZZSite.pm': `package Kernel::Config::Files::ZZZZSite; use strict;
sub Load { my ( $File, $Self ) = @_; $Self->{FQDN} = 'file.example.com'; $Self->{HttpType} = 'http'; delete $Self->{CheckMXRecord}; } 1;`,
    },
    value: ['FQDN', 'file.example.com'],
  },
  'a broken file of Config/Files is left out, as the helpdesk does': {
    body: '',
    files: {
      'Kernel/Config/Files/ZZZZBroken.pm': 'package Kernel::Config::Files::ZZZZBroken; this is not Perl (',
    },
    value: ['DatabasePw', 'secret'],
  },
  'line ends of Windows': {
    body: `$Self->{FQDN} = 'windows.example.com'; # comment`,
    change: (text) => text.replaceAll('\n', '\r\n'),
    value: ['FQDN', 'windows.example.com'],
  },
  'a mark of byte order': {
    body: `$Self->{FQDN} = 'bom.example.com';`,
    change: (text) => `\uFEFF${text}`,
    value: ['FQDN', 'bom.example.com'],
  },
  'Latin-1, where nothing says "use utf8"': {
    body: `$Self->{DatabasePw} = 'pässwörd';`,
    change: (text) => text.replace('use utf8;\n', ''),
    encoding: 'latin1',
    value: ['DatabasePw', 'pässwörd'],
  },
  'UTF-16, as editors on Windows write it': {
    body: `$Self->{DatabasePw} = 'pässwörd€';`,
    change: (text) => `\uFEFF${text}`,
    encoding: 'utf16le',
    value: ['DatabasePw', 'pässwörd€'],
  },
  'comments, POD and an end mark': {
    body: `# $Self->{FQDN} = 'comment';\n=pod\n\n$Self->{FQDN} = 'pod';\n\n=cut\n    $Self->{FQDN} = 'real.example.com';`,
    change: (text) => `${text}__END__\n$Self->{FQDN} = 'end';\n`,
    value: ['FQDN', 'real.example.com'],
  },
  'one that prints, JSON too': {
    body: `print "{\\"settings\\":{\\"DatabasePw\\":\\"printed\\"}}\\n"; print STDERR "noise\\n"; $Self->{FQDN} = 'printing.example.com';`,
    value: ['FQDN', 'printing.example.com'],
  },
  'warnings, numbers and undef': {
    body: `my $Nothing; $Self->{Organization} = "x" . ( $Nothing // '' ); $Self->{SessionMaxTime} = 60 * 60 + 0.5; $Self->{SecureMode} = undef; $Self->{CheckMXRecord} = !1;`,
    value: ['SessionMaxTime', '3600.5'],
  },
  'if and unless by the name of the host': {
    body: `if ( $0 =~ /never/ ) { $Self->{FQDN} = 'no' } elsif ( -e 'HOME/RELEASE' ) { $Self->{FQDN} = 'yes.example.com' } unless (0) { $Self->{HttpType} = 'https' }`,
    value: ['FQDN', 'yes.example.com'],
  },
};

/** Neither the helpdesk nor the sidecar can read these. */
const REFUSED: Record<string, [body: string, says: RegExp, encoding?: BufferEncoding]> = {
  'a syntax error': [
    `$Self->{FQDN} = ;`,
    /cannot load Kernel\/Config\.pm \([^)]*Kernel\/Config\.pm, line 14\)/,
  ],
  'Latin-1, where the file says "use utf8", without what it says': [
    `$Self->{DatabasePw} = 'hünter2';`,
    /^(?!.*nter2)The helpdesk's own Perl cannot load Kernel\/Config\.pm \([^)]*Kernel\/Config\.pm, line 14\)/,
    'latin1',
  ],
  'one that dies, without what it says': [
    `die "password is hunter2\\n" if 1;`,
    /^(?!.*hunter2)The helpdesk's own Perl cannot load Kernel\/Config\.pm\./,
  ],
  'one that ends the program': [`exit 0;`, /Perl ended before its configuration was read/],
  'no credentials of its own': [
    `delete $Self->{DatabaseUser}; delete $Self->{DatabasePw};`,
    /DatabaseUser is not set/,
  ],
};

describe('Kernel/Config.pm as admins write it', function () {
  this.timeout(60_000);
  let helpdesk: PrivateHome;
  const env = (more: Record<string, string> = {}) => ({ PATH: process.env.PATH ?? '', ...more });
  before(() => {
    helpdesk = privateHome({ ...lab.database });
  });
  after(() => helpdesk.remove());

  function write(shape: Omit<Shape, 'value'>): void {
    const { body, head = '', files = {}, change = (text) => text, encoding = 'utf8' } = shape;
    const { home } = helpdesk;
    const put = (file: string, text: string, as: BufferEncoding = 'utf8') => {
      spawnSync('mkdir', ['-p', path.dirname(path.join(home, file))]);
      writeFileSync(path.join(home, file), text.replaceAll('HOME', home), as);
    };
    for (const name of readdirSync(path.join(home, 'Kernel/Config/Files')))
      if (name.startsWith('ZZZZ')) rmSync(path.join(home, 'Kernel/Config/Files', name));
    for (const [file, text] of Object.entries(files)) put(file, text);
    put('Kernel/Config.pm', change(FRAME(body, head)), encoding);
    giveHelpdesk(home);
  }
  const read = (more?: Record<string, string>, perl = createHelpdeskPerl(helpdesk.home, env(more))) =>
    createPerlSettings(helpdesk.home, perl).read();
  const helpdeskSays = (more?: Record<string, string>): SettingHash => {
    const paths = ['Custom', 'Kernel/cpan-lib', '.'].flatMap((folder) => [
      '-I',
      path.join(helpdesk.home, folder),
    ]);
    const run = spawnSync('perl', [...paths, '-e', HELPDESK, ...NAMES], {
      cwd: helpdesk.home,
      env: env(more),
      encoding: 'utf8',
    });
    const [, json] = /\nANSWER (.*)\n/.exec(run.stdout) ?? [];
    if (json === undefined) throw new Error(`The helpdesk's Perl failed: ${run.stderr}`);
    return JSON.parse(json) as SettingHash;
  };

  it('comes in at least 25 shapes', () => expect(Object.keys(SHAPES).length).to.be.greaterThan(24));

  for (const [title, shape] of Object.entries(SHAPES))
    it(`gives the helpdesk's own values: ${title}`, async () => {
      write(shape);
      const ours = await read(shape.env);
      expect(Object.fromEntries(NAMES.map((name) => [name, ours[name] ?? null]))).to.deep.equal(
        helpdeskSays(shape.env),
      );
      expect(ours[shape.value[0]]).to.equal(shape.value[1]);
      expect(databaseCredentials(ours)).to.include({ user: ours.DatabaseUser, password: ours.DatabasePw });
    });

  for (const [title, [body, says, encoding]] of Object.entries(REFUSED))
    it(`is refused with a clear message, and never replaced by the shipped values: ${title}`, async () => {
      write({ body, ...(encoding ? { encoding } : {}) });
      const refusal = await read()
        .then((settings) => JSON.stringify(databaseCredentials(settings)))
        .catch((error: SidecarError) => {
          expect(error.code).to.equal('config-unreadable');
          return error.detail ?? '';
        });
      expect(refusal).to.match(says);
    });

  it('is given up when it sleeps, together with all that it has started', async () => {
    write({ body: `system('sleep 300 &'); sleep 300;` });
    const real = createHelpdeskPerl(helpdesk.home, env());
    const refusal = await read(undefined, (code, options) => real(code, { ...options, limitMs: 3000 })).catch(
      (error: SidecarError) => error.detail ?? '',
    );
    expect(refusal).to.match(/Perl did not end within .*Kernel\/Config\.pm/);
    const left = () =>
      spawnSync('sh', ['-c', `ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -c ' ${helpdesk.home}$'`], {
        encoding: 'utf8',
      }).stdout.trim();
    // Killed processes need a moment to end.
    await until('none of them is left', async () => left() === '0');
  });

  it('is given up when it prints without end', async () => {
    write({ body: `$Self->{Organization} = 'x' x ( 20 * 1024 * 1024 );` });
    const refusal = await read().catch((error: SidecarError) => error.detail ?? '');
    expect(refusal).to.match(/Perl could not be run \(size\)/);
  });
});
