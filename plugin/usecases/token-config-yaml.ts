import { isMap, isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import type { TokenConfig, TokenConfigDocument } from '../domain/token-config.js';
import { type Phrase, phrase } from '../lib/phrase.js';

/** One entry of a file with token configurations, and the line on which it begins. */
export interface YamlEntry {
  line: number;
  name: string;
  document: TokenConfigDocument;
  /** undefined where the file does not say. */
  validId: number | undefined;
}

/** An entry that cannot be used, and why; the texts hold no values of the file. */
export interface RefusedEntry {
  line: number;
  /** '' where it has none. */
  name: string;
  reasons: Phrase[];
}

/** What a file holds. */
export interface YamlReading {
  entries: YamlEntry[];
  refused: RefusedEntry[];
  /** Nothing of the file can be used. Texts for a person, with line numbers and without values of the file. */
  problems: Phrase[];
}

const MAX_PROBLEMS = 20;
const TEXTS = ['ClientID', 'ClientSecret', 'Scope', 'TemplateName'] as const;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `ClientSecret: 0012` is a text for the helpdesk: texts are taken as they are written. */
function withTexts(document: Record<string, unknown>, written: unknown): TokenConfigDocument {
  const source = isRecord(written) ? written : {};
  const texts = TEXTS.filter((key) => typeof document[key] === 'number').map((key) => [key, source[key]]);
  return { ...document, ...Object.fromEntries(texts) };
}

function entryProblem(entry: unknown, written: unknown, number: number): Phrase | null {
  if (!isRecord(entry)) return phrase('Entry %s is not a map with Name and Config.', number);
  const name = isRecord(written) ? written.Name : undefined;
  if (typeof name !== 'string' || name.trim() === '') return phrase('Entry %s has no Name.', number);
  if (!isRecord(entry.Config)) return phrase('Entry %s has no Config, or it is not a map.', number);
  for (const key of TEXTS) {
    const value = entry.Config[key];
    if (value !== null && typeof value === 'object')
      return phrase('Entry %s has a %s that is not a text.', number, key);
  }
  for (const key of ['Notifications', 'Requests', 'Sidecar']) {
    const value = entry.Config[key];
    if (value !== null && value !== undefined && !isRecord(value))
      return phrase('Entry %s has a %s that is not a map.', number, key);
  }
  if (entry.ValidID !== undefined && ![1, 2, 3].includes(Number(entry.ValidID)))
    return phrase(
      'Entry %s has a ValidID other than 1 (valid), 2 (invalid) or 3 (invalid-temporarily).',
      number,
    );
  return null;
}

/**
 * Reads an export of the helpdesk or of the sidecar: a list of configurations, or one as a map. Limits on aliases
 * and depth hold; duplicate keys are faults. Never throws for what a file holds.
 */
export function readTokenConfigYaml(content: Buffer): YamlReading {
  const problem = (...problems: Phrase[]): YamlReading => ({ entries: [], refused: [], problems });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return problem(phrase('The file is not a UTF-8 text file.'));
  }
  if (text.trim() === '') return problem(phrase('The file is empty.'));
  if (text.includes('\0')) return problem(phrase('The file is not a text file.'));
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines });
    if (document.errors.length > 0) {
      const faults = document.errors.slice(0, MAX_PROBLEMS);
      return problem(
        ...faults.map((fault) =>
          phrase('Line %s: not valid YAML (%s).', fault.linePos?.[0].line ?? 1, fault.code),
        ),
      );
    }
    const values: unknown = document.toJS({ maxAliasCount: 50 });
    const written: unknown = parseDocument(text, { schema: 'failsafe' }).toJS({ maxAliasCount: 50 });
    const list = Array.isArray(values) ? values : [values];
    const writtenList = Array.isArray(written) ? written : [written];
    const nodes = isSeq(document.contents) ? document.contents.items : [document.contents];
    const reading = problem();
    if (list.length === 0) return problem(phrase('The file holds no token configurations.'));
    const seen = new Map<string, number>();
    list.forEach((entry: unknown, index) => {
      const node = nodes[index];
      const line = isMap(node) && node.range ? lines.linePos(node.range[0]).line : 1;
      const source = writtenList[index] as { Name?: unknown; Config: unknown };
      const fault = entryProblem(entry, source, index + 1);
      const name = isRecord(source) && typeof source.Name === 'string' ? source.Name : '';
      const earlier = fault ? undefined : seen.get(name.toLowerCase());
      if (fault) reading.refused.push({ line, name, reasons: [fault] });
      else if (earlier)
        reading.refused.push({
          line,
          name,
          reasons: [phrase('The name of entry %s was used in line %s already.', index + 1, earlier)],
        });
      else {
        const value = entry as { Config: Record<string, unknown>; ValidID?: unknown };
        seen.set(name.toLowerCase(), line);
        reading.entries.push({
          line,
          name,
          document: withTexts(value.Config, source.Config),
          validId: value.ValidID === undefined || value.ValidID === null ? undefined : Number(value.ValidID),
        });
      }
    });
    return reading;
  } catch {
    return problem(
      phrase('The file could not be read: it is nested too deeply or repeats itself by too many aliases.'),
    );
  }
}

/**
 * Writes configurations as the helpdesk exports them: a list, one map each without its ID, keys sorted, dates in the
 * helpdesk's zone.
 * @param formatDate `2026-11-24 14:05:00` in the helpdesk's zone (SysConfig OTRSTimeZone)
 */
export function writeTokenConfigYaml(configs: TokenConfig[], formatDate: (date: Date) => string): string {
  const entries = configs.map((config) => ({
    ChangeBy: config.changeBy,
    ChangeTime: formatDate(config.changeTime),
    Config: config.document,
    CreateBy: config.createBy,
    CreateTime: formatDate(config.createTime),
    Name: config.name,
    ValidID: config.validId,
  }));
  return `---\n${stringify(entries, { sortMapEntries: true, lineWidth: 0, version: '1.1', aliasDuplicateObjects: false })}`;
}
