import { Document, isScalar, stringify, visit } from 'yaml';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import { breather } from '../lib/breathe.js';
import { deepText, isDeep } from '../lib/deep-json.js';
import { randomText } from '../lib/hash.js';
import { isRecord } from '../lib/is-record.js';
import { createPlainYaml } from '../lib/plain-yaml.js';
import { rememberLast } from '../lib/remember-last.js';
import { escapeControls, holdsControls } from '../lib/terminal-text.js';

/** Replaces the deep parts of a document by placeholders; their JSON is also YAML. */
function withNames(document: unknown, parts: Map<string, string>): unknown {
  if (isDeep(document)) {
    const name = `deep_${randomText(128)}`;
    parts.set(name, deepText(document));
    return name;
  }
  if (Array.isArray(document)) return document.map((inner) => withNames(inner, parts));
  if (!isRecord(document)) return document;
  return Object.fromEntries(Object.entries(document).map(([key, inner]) => [key, withNames(inner, parts)]));
}

const FORM = { sortMapEntries: true, lineWidth: 0, version: '1.1', aliasDuplicateObjects: false } as const;

/**
 * YAML that is safe for a terminal: control characters are escaped, which requires double quotes in YAML
 * (1.1, §5.6).
 */
function yamlOf(value: unknown): string {
  const text = stringify(value, FORM);
  if (!holdsControls(text)) return text;
  const document = new Document(value, FORM);
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && holdsControls(node.value))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return escapeControls(document.toString(FORM), 'yaml');
}

/** A text on one line that is written the same way at any place; otherwise null. */
function lineOf(text: string): string | null {
  if (text.includes('\n') || holdsControls(text)) return null;
  const line = stringify(text, FORM).slice(0, -1);
  return line.includes('\n') ? null : line;
}

function writeByLibrary(entry: { Config: unknown }): string {
  const parts = new Map<string, string>();
  let text = yamlOf([{ ...entry, Config: withNames(entry.Config, parts) }]);
  for (const [name, json] of parts)
    text = text.replace(name, () => escapeControls(json.replace(/[\r\n]+/g, ' '), 'yaml'));
  return text;
}

/** Encodes what a document is written as; each of those that many configurations share is encoded once. */
function createConfigWriter(write: (values: unknown[]) => string | null) {
  const known = new WeakMap<object, Buffer | null>();
  return (document: TokenConfig['document']): Buffer | null => {
    const before = known.get(document);
    if (before !== undefined) return before;
    const text = write([{ Config: document }]);
    const bytes = text === null ? null : Buffer.from(inside(text));
    if (Object.isFrozen(document)) known.set(document, bytes);
    return bytes;
  };
}

/** The lines of a list's only map, as they are written after others of the same map. */
const inside = (list: string): string => ` ${list.slice(1)}`;

/** Writes the lines of a map; the same values as the time before are not written again. */
function createLinesWriter(write: (values: unknown[]) => string | null) {
  let last: { key: string; lines: string | null } | undefined;
  return (map: Record<string, string | number>): string | null => {
    const key = Object.values(map).join('\n');
    if (last?.key !== key) last = { key, lines: write([map]) };
    return last.lines;
  };
}

/** @returns a function that adds an entry to a page */
function createEntryWriter(formatDate: (date: Date) => string) {
  const plainYaml = createPlainYaml(lineOf);
  const configOf = createConfigWriter(plainYaml);
  const changedLines = createLinesWriter(plainYaml);
  const createdLines = createLinesWriter(plainYaml);
  const dateOf = () => rememberLast((time: number) => formatDate(new Date(time)));
  const [changedAt, createdAt] = [dateOf(), dateOf()];
  return (page: Page, config: TokenConfig): void => {
    const { changeBy, changeTime, document, createBy, createTime, name, validId } = config;
    const changed = { ChangeBy: changeBy, ChangeTime: changedAt(changeTime.getTime()) };
    const created = { CreateBy: createBy, CreateTime: createdAt(createTime.getTime()) };
    const named = { Name: name, ValidID: validId };
    const bytes = configOf(document);
    const [first, then, last] = [changedLines(changed), createdLines(created), plainYaml([named])];
    if (bytes === null || first === null || then === null || last === null) {
      page.text(writeByLibrary({ ...changed, Config: document, ...created, ...named }));
      return;
    }
    page.text(first);
    page.bytes(bytes);
    page.text(inside(then) + inside(last));
  };
}

type Page = ReturnType<typeof createPage>;

/** Collects UTF-8 in one buffer, which is at first as large as that of the page before. */
function createPage() {
  let size = 64 * 1024;
  let all = Buffer.alloc(0);
  let end = 0;
  const makeRoom = (more: number): void => {
    if (end + more <= all.length) return;
    size = Math.max(size, 2 * all.length, end + more);
    const larger = Buffer.allocUnsafeSlow(size);
    all.copy(larger, 0, 0, end);
    all = larger;
  };
  return {
    text(text: string): void {
      // At most three bytes for each unit of UTF-16.
      makeRoom(3 * text.length);
      end += all.write(text, end);
    },
    bytes(bytes: Uint8Array): void {
      makeRoom(bytes.length);
      all.set(bytes, end);
      end += bytes.length;
    },
    take(): Buffer {
      const taken = all.subarray(0, end);
      all = Buffer.alloc(0);
      end = 0;
      return taken;
    },
  };
}

/**
 * Writes configurations as the helpdesk exports them: a list with one map each without its ID, keys sorted,
 * dates in the helpdesk's time zone. Lets other work run in between.
 * @param pages as they come from the database; one is in memory at a time
 * @param formatDate `2026-11-24 14:05:00` in the helpdesk's zone (SysConfig OTRSTimeZone)
 * @returns the text in UTF-8
 */
export async function* writeTokenConfigYaml(
  pages: Iterable<TokenConfig[]> | AsyncIterable<TokenConfig[]>,
  formatDate: (date: Date) => string,
): AsyncGenerator<Buffer> {
  const addEntry = createEntryWriter(formatDate);
  const page = createPage();
  const breathe = breather();
  let isEmpty = true;
  yield Buffer.from('---\n');
  for await (const configs of pages) {
    for (const config of configs) {
      addEntry(page, config);
      const pause = breathe();
      if (pause) await pause;
    }
    if (configs.length === 0) continue;
    isEmpty = false;
    yield page.take();
  }
  if (isEmpty) yield Buffer.from('[]\n');
}
