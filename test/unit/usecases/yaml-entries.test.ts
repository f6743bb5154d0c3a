import { expect } from 'chai';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { readTokenConfigYaml } from '../../../plugin/usecases/read-token-config-yaml.js';

const read = (text: string) => readTokenConfigYaml(Buffer.from(text));
const problems = async (text: string) => (await read(text)).problems.map(inEnglish);
const TOO_MUCH = 'The file could not be read: it is too large, or contains too many aliases.';

describe('a file with token configurations', () => {
  it('is read entry by entry, with the line of each and with texts as they are written', async () => {
    const {
      entries,
      refused,
      problems: none,
    } = await read(
      '---\n# saved\n- Name: A\n  ValidID: 1\n  Config:\n    ClientID: 0012\n    ClientSecret: 1e3\n    Scope: "x"\n\n- { Name: 7, Config: {} }\n-   Config: {}\n    Name: C\n...\n',
    );
    expect([none, refused]).to.deep.equal([[], []]);
    expect(entries).to.deep.equal([
      { line: 3, name: 'A', document: { ClientID: '0012', ClientSecret: '1e3', Scope: 'x' }, validId: 1 },
      { line: 10, name: '7', document: {}, validId: undefined },
      { line: 11, name: 'C', document: {}, validId: undefined },
    ]);
  });

  it('may be one map, a list in brackets, or begin with %YAML and a byte order mark', async () => {
    for (const text of [
      'Name: A\nConfig: {}',
      '[{ Name: A, Config: {} }]',
      '%YAML 1.1\n---\n- Name: A\n  Config: {}',
      '\ufeff- Name: A\n  Config: {}',
      '- !!map\n  Name: A\n  Config: {}',
      '- &a\n  Name: A\n  Config: {}',
      '{"Name":"A","Config":{}}',
    ])
      expect(
        (await read(text)).entries.map(({ name }) => name),
        text,
      ).to.deep.equal(['A']);
  });

  it('may be a list of several in brackets', async () => {
    const { entries } = await read('[{"Name":"A","Config":{}},\n{"Name":"B","Config":{}}]');
    expect(entries.map(({ name, line }) => [name, line])).to.deep.equal([
      ['A', 1],
      ['B', 2],
    ]);
    expect(await problems('[]')).to.deep.equal(['The file contains no token configurations.']);
  });

  it('has its faults named by line, including keys that occur twice', async () => {
    expect(await problems('- Name: A\n  Config: {}\n  Name: B')).to.deep.equal([
      'Line 3, column 3: The key appears twice in its map. Remove one of the two.',
    ]);
    expect(await problems('- Name: A\n  Config: { a: 1, a: 2 }')).to.deep.equal([
      'Line 2, column 19: The key appears twice in its map. Remove one of the two.',
    ]);
    expect(await problems('- Name: A\n  Config: {}\n---\n- Name: B')).to.deep.equal([
      'Line 3, column 1: A second document begins here. Import each document as a file of its own.',
    ]);
    expect((await problems('- Name: "A\n  Config: {}'))[0]).to.match(
      /^Line \d, column \d+: A bracket, quotation mark/,
    );
    expect((await problems('- Name: *nothing\n  Config: {}')).length).to.equal(1);
    expect((await problems(`- ${'"\\q", '.repeat(10)}`)).length).to.be.within(1, 20);
    expect((await problems(']\n'.repeat(50))).length).to.be.within(1, 20);
  });

  it('has each fault explained with what to do, without a code of the library', async () => {
    for (const [text, words] of [
      [
        '- Name: a: b',
        'Line 1, column 9: The line has a second colon. Put a text that contains a colon in quotes.',
      ],
      ['- Name: A\n  Config\n  Other: x', 'A colon is missing after a key, or the indentation is wrong.'],
      [
        '- Name: A\n  Config:\n    a: 1\n   b: 2',
        'The indentation does not fit the lines above, or a bracket is not closed.',
      ],
      ['- Name: A\n  Config:\n\ta: 1', 'The line is indented with a tab. Use spaces.'],
      ['- Name: *nothing', 'The alias has no anchor before it in the same entry.'],
      ['- Name: &a x\n- Name: *a', 'Line 2, column 9: The alias has no anchor before it in the same entry.'],
      ['- Name: @home', 'The text begins with a character that has a meaning in YAML.'],
      ['- Name: [', 'or a bracket is not closed'],
      ['- Name: &a &b x', 'This is not valid YAML. Check quotes, colons, brackets and indentation.'],
    ] as const) {
      const found = await problems(text);
      expect(found.join('\n'), text)
        .to.contain(words)
        .and.not.match(/[A-Z]_[A-Z]/);
      for (const line of found) expect(line).to.match(/^Line \d+, column \d+: [A-Z]/);
    }
  });

  it('is refused only for the entry that is too deep or too large, not for the others', async () => {
    const deep = `- Name: Deep\n  Config: { a: ${'['.repeat(3000)}${']'.repeat(3000)} }\n`;
    const large = `- Name: Large\n  Config: { a: [${'1,'.repeat(20_000)}] }\n`;
    const { entries, refused, problems: none } = await read(`${deep}${large}- Name: A\n  Config: {}\n`);
    expect(none).to.deep.equal([]);
    expect(entries.map(({ name, line }) => [name, line])).to.deep.equal([['A', 5]]);
    expect(refused.map(({ line, reasons }) => [line, ...reasons.map(inEnglish)])).to.deep.equal([
      [1, 'Entry 1 is nested too deeply.'],
      [3, 'Entry 2 is too large.'],
    ]);
  });

  it('is refused with more than 2,000 entries or 400,000 words and signs', async () => {
    expect(await problems('- a\n'.repeat(2001))).to.deep.equal([TOO_MUCH]);
    expect((await read('- a\n'.repeat(2000))).refused.length).to.equal(2000);
    expect(await problems(`[${','.repeat(400_000)}`)).to.deep.equal([TOO_MUCH]);
  });

  it('may hold no half characters and no wrong escapes, one of which is named', async () => {
    expect(await problems('- Name: "\\ud83d"\n  Config: {}')).to.deep.equal([
      'Line 1, column 9: The text contains half of a character (a surrogate). Write the whole character.',
    ]);
    expect((await read('- Name: "\\ud83d\\udcec \\x41\\\\q\\/\\t"\n  Config: {}')).entries[0]?.name).to.equal(
      '📬 A\\q/\t',
    );
    expect(await problems(`- Name: "a"\n  Config: { a: "${'\\q'.repeat(50_000)}" }`)).to.deep.equal([
      'Line 2, column 16: A text in double quotes contains an unknown escape. Write each backslash twice.',
    ]);
  });

  it('may hold no zero byte in any text or key, however it is escaped', async () => {
    for (const [text, line, column] of [
      ['- Name: "a\\0b"\n  Config: {}', 1, 9],
      ['- Name: A\n  Config: { Scope: "\\0json:{\\"a\\":1}" }', 2, 20],
      ['- Name: A\n  Config: { "\\x00json:{}": b }', 2, 13],
      ['- Name: A\n  Config: { a: ["\\U00000000"] }', 2, 17],
    ] as const)
      expect(await problems(text), text).to.deep.equal([
        `Line ${line}, column ${column}: The text contains a zero byte. Remove it.`,
      ]);
  });

  it('is refused as too deep where an alias leads back to itself or adds depth', async () => {
    const deep = (name: string, inner: string) =>
      `${name}: &${name} ${'['.repeat(20)}${inner}${']'.repeat(20)}`;
    for (const text of [
      '- &a\n  Name: A\n  Config: { x: *a }',
      '- Name: A\n  Config: &a { x: *a, y: [*a, *a], z: { z: *a } }',
      `- Name: A\n  Config: { ${deep('b', '1')}, ${deep('c', '*b')} }`,
    ]) {
      const { entries, refused, problems: none } = await read(`${text}\n- Name: B\n  Config: {}`);
      expect(none, text).to.deep.equal([]);
      expect(entries.map(({ name }) => name)).to.deep.equal(['B']);
      expect(refused.flatMap(({ reasons }) => reasons.map(inEnglish))).to.deep.equal([
        'Entry 1 is nested too deeply.',
      ]);
    }
    const shared = '- Name: A\n  Config: { a: &a { x: 1 }, b: *a, c: [*a, *a] }';
    expect((await read(shared)).entries[0]?.document).to.deep.equal({
      a: { x: 1 },
      b: { x: 1 },
      c: [{ x: 1 }, { x: 1 }],
    });
  });

  it('never expands an alias bomb', async () => {
    const levels = Array.from(
      { length: 9 },
      (_none, n) => `l${n}: &l${n} [${`*l${n - 1},`.repeat(9)}]`,
    ).slice(1);
    expect(
      await problems(`- Name: A\n  Config:\n    l0: &l0 [x]\n    ${levels.join('\n    ')}\n`),
    ).to.deep.equal(['Line 9, column 34: The entry contains more than 50 aliases. Write out the values.']);
  });

  it('lets other work proceed while it is read', async () => {
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await read(`- Name: A\n  Config: {}\n`.repeat(2000));
    over = true;
    expect(turns).to.be.greaterThan(2);
  });
});
