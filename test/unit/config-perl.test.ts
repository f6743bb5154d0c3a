import { expect } from 'chai';
import { followFile } from '../../plugin/config/perl-statements.js';
import { newScope, type PerlScope } from '../../plugin/config/perl-values.js';

/** Follows statements as if they stood in Config.pm's Load. */
function load(body: string, files: Record<string, string> = {}, head = ''): PerlScope {
  const scope = newScope((path) => files[path] ?? null);
  const source = `package Kernel::Config;\nuse strict;\n${head}\nsub Load {\n    my $Self = shift;\n${body}\n    return 1;\n}\n1;\n`;
  followFile(source, 'Config.pm', 'Load', scope);
  return scope;
}
const settings = (body: string, files = {}, head = ''): Record<string, unknown> => {
  const scope = load(body, files, head);
  expect([...scope.unknown.keys(), ...scope.blind], 'nothing unknown').to.deep.equal([]);
  return JSON.parse(JSON.stringify(scope.settings));
};
const unknown = (body: string): string[] => [...load(body).unknown.keys()];

describe('following Config.pm without executing it', () => {
  it('reads both quote styles, q{} and qq{}, with their escapes', () => {
    expect(
      settings(String.raw`
        $Self->{A} = 'it\'s \n a \\ and $Self->{B}';
        $Self->{B} = "tab\tnew\nline \"q\" \$5 \@home \x{263a} \x41";
        $Self->{'C'} = q{braces {nest} \} and 'quotes'};
        $Self->{"D"} = qq[B is "$Self->{A}"];
        $Self->{E} = q(1); $Self->{F} = q#hash#;`),
    ).to.deep.equal({
      A: "it's \\n a \\ and $Self->{B}",
      B: 'tab\tnew\nline "q" $5 @home \u263a A',
      C: "braces {nest} } and 'quotes'",
      D: 'B is "it\'s \\n a \\ and $Self->{B}"',
      E: '1',
      F: 'hash',
    });
  });

  it('skips comments and POD, and stops at __END__', () => {
    expect(
      settings(`
        # $Self->{A} = 'comment';
        $Self->{A} = 'a # not a comment'; # $Self->{A} = 'comment';
=head1 NAME

        $Self->{A} = 'pod';

=cut
        $Self->{B} = 'after';
        return 1; }
        1;
__END__
        sub Load { $Self->{B} = 'end'; `),
    ).to.deep.equal({ A: 'a # not a comment', B: 'after' });
  });

  it('keeps the last of several assignments, and forgets what was deleted', () => {
    expect(
      settings(`
        $Self->{A} = 1; $Self->{A} = 2;
        $Self->{B} = 1; delete $Self->{B};
        $Self->{C}->{X} = 1; $Self->{C}->{Y} = 2; delete $Self->{'C'}->{'X'};
        $Self->{D} = 1; delete($Self->{D});`),
    ).to.deep.equal({ A: '2', C: { Y: '2' } });
  });

  it('assembles nested keys, with and without arrows between them', () => {
    expect(
      settings(`
        $Self->{'Frontend::Module'}->{'AdminX'} = { Group => ['admin'], 'Title' => "T", };
        $Self->{'Frontend::Module'}{AdminX}{Title} = 'New';
        $Self->{"Frontend::Module"}->{AdminY} = {};`),
    ).to.deep.equal({ 'Frontend::Module': { AdminX: { Group: ['admin'], Title: 'New' }, AdminY: {} } });
  });

  it('works out concatenation, arithmetic, defaults, conditions and numbers', () => {
    expect(
      settings(`
        $Self->{A} = 'a' . "b" . 3 . $Self->{Missing};
        $Self->{B} = 60 * 60 * (2 + 1) - 1;
        $Self->{C} = '' || 0 || 'c';
        $Self->{D} = undef // 'd';
        $Self->{E} = $Self->{B} > 1 ? 'big' : 'small';
        $Self->{F} = 0600; $Self->{G} = 1_000; $Self->{H} = -1.50; $Self->{I} = 0x10;
        $Self->{J} ||= 'j'; $Self->{J} ||= 'k'; $Self->{J} .= '!';
        $Self->{K} = 'off' unless $Self->{B}; $Self->{K} = 'on' if $Self->{B};`),
    ).to.deep.equal({
      A: 'ab3',
      B: '10799',
      C: 'c',
      D: 'd',
      E: 'big',
      F: '384',
      G: '1000',
      H: '-1.5',
      I: '16',
      J: 'j!',
      K: 'on',
    });
  });

  it('reads lists, qw, fat commas, nested and dereferenced structures, here-documents', () => {
    expect(
      settings(`
        $Self->{A} = [ 'x', qw(y z), ( 1, 2 ) ];
        $Self->{B} = { one => 1, 'two', 2, three => { list => [ [], {} ] } };
        $Self->{C} = { %{ $Self->{B} }, one => 'changed' };
        $Self->{D} = [ @{ $Self->{A} }, 'end' ];
        $Self->{E} = <<'EOT' . 'tail';
line $Self->{A};
EOT
        $Self->{F} = <<"EOT";
is $Self->{E}
EOT
        $Self->{s} = { y => 1, q => 2, tr => 3 };
        $Self->{G} = $Self->{B}->{three}->{list}->[0];`),
    ).to.deep.equal({
      A: ['x', 'y', 'z', '1', '2'],
      B: { one: '1', two: '2', three: { list: [[], {}] } },
      C: { one: 'changed', two: '2', three: { list: [[], {}] } },
      D: ['x', 'y', 'z', '1', '2', 'end'],
      E: 'line $Self->{A};\ntail',
      F: 'is line $Self->{A};\ntail\n',
      s: { y: '1', q: '2', tr: '3' },
      G: [],
    });
  });

  it('follows variables, if and foreach', () => {
    expect(
      settings(
        `
        my $host = 'db.example.com';
        our $name = "otrs_$host";
        $Self->{DatabaseHost} = $host; $Self->{Database} = $name; $Self->{Empty} = $nothing || 'default';
        if ( $host eq 'other' ) { $Self->{A} = 1; }
        elsif ( $host ne 'db' ) { $Self->{A} = 2; }
        else { $Self->{A} = 3; }
        for my $Key (qw(X Y)) { $Self->{Hash}->{$Key} = "is $Key"; }`,
      ),
    ).to.deep.equal({
      DatabaseHost: 'db.example.com',
      Database: 'otrs_db.example.com',
      Empty: 'default',
      A: '2',
      Hash: { X: 'is X', Y: 'is Y' },
    });
  });

  it("reads the credentials file that Debian's package requires", () => {
    const head = `BEGIN {
      if (-f '/etc/otrs/database.pm') {
        require '/etc/otrs/database.pm';
        if ($dbtype eq 'pgsql') { our $dsn = "DBI:Pg:dbname"; }
        else { $dbport ||= '3306'; our $dsn = "DBI:mysql:database"; }
      }
    }`;
    const body = `$Self->{DatabaseUser} = $dbuser || 'otrs';
      $Self->{DatabaseDSN} = "$dsn=$Self->{Database};host=$dbserver;port=$dbport;";`;
    const file = "$dbuser='desk';\n$dbserver='10.1.1.1';\n$dbport='';\n$dbtype='mysql';\n1;\n";
    expect(settings(body, { '/etc/otrs/database.pm': file }, head)).to.deep.equal({
      DatabaseUser: 'desk',
      DatabaseDSN: 'DBI:mysql:database=;host=10.1.1.1;port=3306;',
    });
    expect(settings(body, {}, head)).to.deep.include({ DatabaseUser: 'otrs' });
  });

  for (const [what, body, names] of [
    ['a call', '$Self->{A} = hostname();', ['A']],
    ['the environment', "$Self->{A} = $ENV{HOST} || 'x';", ['A']],
    ['a command', '$Self->{A} = `hostname`;', ['A']],
    ['an array in a text', '$Self->{A} = "root@localhost";', ['A']],
    ['code', '$Self->{A} = sub { return 1 };', ['A']],
    ['a pattern', "$Self->{A} = 'x'; $Self->{A} =~ s/x/y/;", ['A']],
    ['a pattern with a quote', "$Self->{A} = 'x'; $Self->{A} =~ s/'/$Self->{B}/; $Self->{B} = 1;", ['A']],
    ['a condition', 'if ( -e $0 ) { $Self->{A} = 1 } else { $Self->{B} = 2 }', ['A', 'B']],
    ['a condition behind', '$Self->{A} = 1 if foo();', ['A']],
    ['a loop', 'while (foo()) { $Self->{A}->{B} = 1; }', ['A###B']],
    ['push', 'push @{ $Self->{A} }, 1;', ['A']],
    ['part of a hash', '$Self->{A} = { B => foo() };', ['A']],
    ['a key', '$Self->{A}->{ foo() } = 1;', ['A']],
    ['an unknown variable', 'my ($x) = foo(); $Self->{A} = $x;', ['A']],
    ['an unknown setting', '$Self->{A} = foo(); $Self->{B} = $Self->{A};', ['A', 'B']],
    ['a chained unknown', '$Self->{A}->{B} = foo(); $Self->{C} = $Self->{A};', ['A###B', 'C']],
  ] as [string, string, string[]][])
    it(`never guesses: ${what}`, () => {
      const scope = load(`${body}\n$Self->{Last} = 'seen';`);
      expect([...scope.unknown.keys()]).to.deep.equal(names);
      expect(scope.settings.Last).to.equal('seen');
    });

  it('knows a setting again that gets a plain value later', () => {
    expect(unknown('$Self->{A} = foo(); $Self->{A} = 1;')).to.deep.equal([]);
    expect(unknown('$Self->{A}->{B} = foo(); delete $Self->{A};')).to.deep.equal([]);
  });

  it('names the line, and reports what may change anything', () => {
    const scope = load('\n$Self->{A} = foo();\n$Self->Set( Key => 1 );\n$Self->{B} = $Self->Compute();');
    expect(scope.unknown.get('A')).to.deep.equal({ file: 'Config.pm', line: 7 });
    expect(scope.unknown.has('B')).to.equal(true);
    expect(scope.blind.map(({ line }) => line)).to.deep.equal([8, 9]);
  });

  it('takes hostile keys for keys', () => {
    const scope = load('$Self->{__proto__} = 1; $Self->{constructor}->{prototype} = 2;');
    expect(Object.keys(scope.settings)).to.deep.equal(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).prototype).to.equal(undefined);
  });

  it('survives a file that ends in the middle', () => {
    for (const rest of [
      "'",
      '"',
      'q{',
      '{',
      '[',
      '(',
      '->',
      "->{'",
      '=',
      '<<EOT',
      'sub x {',
      'if (',
      'for',
      '$',
      's{a}',
    ])
      expect(() => load(`$Self->{A} = ${rest}`), rest).not.to.throw();
  });
});
