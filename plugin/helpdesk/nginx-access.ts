import { CALLBACK } from '../domain/consent/redirect-uri.js';
import { SidecarError } from '../errors.js';
import { type Directive, unquoted } from './nginx-config.js';

/** Directives that decide who may come in, or that may do so. */
const ACCESS = /^(?:allow|deny|satisfy|limit_except|auth_\w+|access_by_\w+|js_access)$/;

/** Does the location apply to the address by its pattern? One that JavaScript does not understand counts as if it did. */
function matchesPattern(sign: string, pattern: string, address: string): boolean {
  try {
    return new RegExp(pattern, sign === '~*' ? 'i' : '').test(address);
  } catch {
    return true;
  }
}

/**
 * Returns the locations that may answer for an address, with those inside them: the exact one, or else the longest
 * prefix and the first pattern.
 */
function locationsFor(block: readonly Directive[], address: string): Directive[] {
  const known = block
    .filter(({ name }) => name === 'location')
    .map((location) => {
      const [sign, word] = location.words.length > 1 ? location.words : ['', location.words[0]];
      return { location, sign: sign ?? '', word: unquoted(word ?? '') };
    });
  const exact = known.find(({ sign, word }) => sign === '=' && word === address);
  const [prefix] = known
    .filter(({ sign, word }) => (sign === '' || sign === '^~') && address.startsWith(word))
    .sort((a, b) => b.word.length - a.word.length);
  const pattern =
    prefix?.sign === '^~'
      ? undefined
      : known.find(({ sign, word }) => sign.startsWith('~') && matchesPattern(sign, word, address));
  return (exact ? [exact] : [prefix, pattern])
    .flatMap((each) => (each ? [each.location] : []))
    .flatMap((location) => [location, ...locationsFor(location.block, address)]);
}

const refused = (file: string, what: string, remedy: string): SidecarError =>
  new SidecarError('config-invalid', {
    detail: `${file}: ${what} Nothing was changed. ${remedy} Or put the rules into the server block by hand (znuny-oauth2 nginx-rules), and use --without-apache.`,
  });

/** With the directives inside its conditions. */
const conditional = (block: readonly Directive[]): Directive[] =>
  block.flatMap((each) => (each.name === 'if' ? [each, ...conditional(each.block)] : [each]));

/**
 * Checks that the rules at the end of the helpdesk's server block leave the block's own access control as it is. The
 * screens get a location of their own: what the server block says applies there, what the helpdesk's location says
 * does not. Conversely, a rewrite of the screens' addresses that ends the server block's rewriting would lead past the
 * rules.
 * @param scriptAlias with or without slashes at its ends
 * @throws SidecarError config-invalid
 */
export function checkAccess(server: Directive, scriptAlias: string): void {
  const alias = scriptAlias.replace(/^\/+|\/+$/g, '');
  const addresses = ['index.pl', CALLBACK].map((name) => `/${alias}/${name}`);
  const last = conditional(server.block).find(
    ({ name, words }) =>
      name === 'break' ||
      (name === 'rewrite' &&
        /^(?:last|break)$/.test(words.at(-1) ?? '') &&
        addresses.some((address) => matchesPattern('~', unquoted(words[0] ?? ''), address))),
  );
  if (last)
    throw refused(
      last.file,
      `"${[last.name, ...last.words].join(' ')}" in the server block of the helpdesk would lead past the rules.`,
      'Remove last or break there.',
    );
  for (const location of addresses.flatMap((address) => locationsFor(server.block, address))) {
    const found = location.block.find(
      ({ name, block }) =>
        ACCESS.test(name) || (name === 'if' && conditional(block).some((inner) => inner.name === 'return')),
    );
    if (found)
      throw refused(
        found.file,
        `"${found.name}" in "location ${location.words.join(' ')}" would not apply to the screens of the sidecar, which have a location of their own.`,
        'Move it to the server block, where it applies to both.',
      );
  }
}
