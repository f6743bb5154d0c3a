import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { COMMON } from '../plugin/domain/product/records.js';

/** The add-on's name in the helpdesk's package manager. */
export const PACKAGE_NAME = 'OAuth2Sidecar';

/** Source folder -> folder below the helpdesk's home. */
const FOLDERS: readonly (readonly [from: string, to: string])[] = [
  ['sysconfig/definitions', 'Kernel/Config/Files/XML'],
  ['sysconfig/scripts', 'var/httpd/htdocs/js'],
  ['sysconfig/styles', 'var/httpd/htdocs/skins/Agent/default/css'],
];

/** One package for all supported products, see docs/architecture.md. */
const PACKAGES = COMMON.packages;

export interface PackageFile {
  /** Relative to the helpdesk's home. */
  location: string;
  content: Buffer;
}

/**
 * The files that the add-on installs in the helpdesk: settings, script, style sheet, licence. No Perl. The
 * licence lies beside the settings, because its own folder would stay behind when the package is removed.
 * @param root the sidecar's own folder
 */
export function packageFiles(root: string): PackageFile[] {
  const names = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(xml|js|css)$/.test(entry.name))
      .map(({ name }) => name)
      .sort();
  const read = (...file: string[]): Buffer => readFileSync(path.join(root, ...file));
  return [
    ...FOLDERS.filter(([from]) => existsSync(path.join(root, from))).flatMap(([from, to]) =>
      names(from).map((name) => ({ location: `${to}/${name}`, content: read(from, name) })),
    ),
    { location: `Kernel/Config/Files/XML/${PACKAGE_NAME}.LICENSE`, content: read('LICENSE') },
  ];
}

/**
 * Builds the add-on for the helpdesk's package manager (.opm: XML, files in Base64). The same sources give
 * the same bytes: the file contains neither time nor host.
 * @param version of package.json, three numbers
 * @throws RangeError for a version that the package manager cannot compare
 */
export function buildOpm(root: string, version: string): string {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new RangeError(`The helpdesk compares versions of three numbers only, not ${version}`);
  const frameworks = PACKAGES.frameworks.map((number) => `    <Framework>${number}.x</Framework>`);
  const files = packageFiles(root).map(
    ({ location, content }) =>
      `        <File Location="${location}" Permission="660" Encode="Base64">${content.toString('base64')}</File>`,
  );
  return `<?xml version="1.0" encoding="utf-8" ?>
<${PACKAGES.root} version="1.0">
    <Name>${PACKAGE_NAME}</Name>
    <Version>${version}</Version>
    <Vendor>znuny-oauth2-sidecar</Vendor>
    <URL>https://opensource.org/license/mit</URL>
    <License>MIT License</License>
    <Description Lang="en">Settings, script and style sheet of the OAuth2 sidecar, which keeps the OAuth2 mailboxes of this helpdesk working. Needs the program znuny-oauth2 beside the helpdesk.</Description>
    <Description Lang="de">Einstellungen, Skript und Stylesheet des OAuth2-Sidecars, der die OAuth2-Postfächer dieses Helpdesks am Laufen hält. Braucht das Programm znuny-oauth2 neben dem Helpdesk.</Description>
${frameworks.join('\n')}
    <Filelist>
${files.join('\n')}
    </Filelist>
</${PACKAGES.root}>
`;
}
