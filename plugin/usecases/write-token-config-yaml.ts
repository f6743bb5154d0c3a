import { Document, isScalar, stringify, visit } from 'yaml';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import { breather } from '../lib/breathe.js';
import { deepText, isDeep } from '../lib/deep-json.js';
import { randomText } from '../lib/hash.js';
import { createPlainYaml } from '../lib/plain-yaml.js';
import { rememberLast } from '../lib/remember-last.js';
import { escapeControls, holdsControls } from '../lib/terminal-text.js';

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Replaces the deep parts of a document by placeholders; their JSON is also YAML. */
function withNames(document: unknown, parts: Map<string, string>): unknown {
  if (isDeep(document)) {
    const name = `deep_${randomText(128)}`;
    parts.set(name, deepText(document));
    return name;
  }
  if (Array.isArray(document)) return document.map((inner) => withNames(inner, parts));
  if (!isMap(document)) return document;
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

function writeEntry(
  config: TokenConfig,
  dateOf: (date: number) => string,
  plainYaml: ReturnType<typeof createPlainYaml>,
): string {
  const entry = {
    ChangeBy: config.changeBy,
    ChangeTime: dateOf(config.changeTime.getTime()),
    Config: config.document,
    CreateBy: config.createBy,
    CreateTime: dateOf(config.createTime.getTime()),
    Name: config.name,
    ValidID: config.validId,
  };
  return plainYaml([entry]) ?? writeByLibrary(entry);
}

/**
 * Writes configurations as the helpdesk exports them: a list with one map each without its ID, keys sorted,
 * dates in the helpdesk's time zone. Lets other work run in between.
 * @param pages as they come from the database; one is in memory at a time
 * @param formatDate `2026-11-24 14:05:00` in the helpdesk's zone (SysConfig OTRSTimeZone)
 */
export async function* writeTokenConfigYaml(
  pages: Iterable<TokenConfig[]> | AsyncIterable<TokenConfig[]>,
  formatDate: (date: Date) => string,
): AsyncGenerator<string> {
  const plainYaml = createPlainYaml(lineOf);
  const dateOf = rememberLast((time: number) => formatDate(new Date(time)));
  const breathe = breather();
  let isEmpty = true;
  yield '---\n';
  for await (const configs of pages) {
    let text = '';
    for (const config of configs) {
      text += writeEntry(config, dateOf, plainYaml);
      const pause = breathe();
      if (pause) await pause;
    }
    if (text === '') continue;
    isEmpty = false;
    yield text;
  }
  if (isEmpty) yield '[]\n';
}
