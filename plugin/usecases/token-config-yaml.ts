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

/** What a file holds. With a problem nothing of it may be used. */
export interface YamlReading {
  entries: YamlEntry[];
  /** Texts for a person, with line numbers and without values of the file. */
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

function entryProblem(entry: unknown, written: unknown, line: number, number: number): Phrase | null {
  if (!isRecord(entry)) return phrase('Line %s: entry %s is not a map with Name and Config.', line, number);
  const name = isRecord(written) ? written.Name : undefined;
  if (typeof name !== 'string' || name.trim() === '')
    return phrase('Line %s: entry %s has no Name.', line, number);
  if (!isRecord(entry.Config))
    return phrase('Line %s: entry %s has no Config, or it is not a map.', line, number);
  for (const key of TEXTS) {
    const value = entry.Config[key];
    if (value !== null && typeof value === 'object')
      return phrase('Line %s: entry %s has a %s that is not a text.', line, number, key);
  }
  for (const key of ['Notifications', 'Requests', 'Sidecar']) {
    const value = entry.Config[key];
    if (value !== null && value !== undefined && !isRecord(value))
      return phrase('Line %s: entry %s has a %s that is not a map.', line, number, key);
  }
  if (entry.ValidID !== undefined && ![1, 2, 3].includes(Number(entry.ValidID))) {
    return phrase(
      'Line %s: entry %s has a ValidID other than 1 (valid), 2 (invalid) or 3 (invalid-temporarily).',
      line,
      number,
    );
  }
  return null;
}

/**
 * Reads an export of the helpdesk or of the sidecar: a list of configurations, or one as a map. Limits on aliases
 * and depth hold; duplicate keys are faults. Never throws for what a file holds.
 */
export function readTokenConfigYaml(content: Buffer): YamlReading {
  const problem = (text: Phrase): YamlReading => ({ entries: [], problems: [text] });
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
      return {
        entries: [],
        problems: faults.map((fault) =>
          phrase('Line %s: not valid YAML (%s).', fault.linePos?.[0].line ?? 1, fault.code),
        ),
      };
    }
    const values: unknown = document.toJS({ maxAliasCount: 50 });
    const written: unknown = parseDocument(text, { schema: 'failsafe' }).toJS({ maxAliasCount: 50 });
    const list = Array.isArray(values) ? values : [values];
    const writtenList = Array.isArray(written) ? written : [written];
    const nodes = isSeq(document.contents) ? document.contents.items : [document.contents];
    const reading: YamlReading = { entries: [], problems: [] };
    if (list.length === 0) return problem(phrase('The file holds no token configurations.'));
    const seen = new Map<string, number>();
    list.forEach((entry: unknown, index) => {
      const node = nodes[index];
      const line = isMap(node) && node.range ? lines.linePos(node.range[0]).line : 1;
      const fault = entryProblem(entry, writtenList[index], line, index + 1);
      if (fault) {
        reading.problems.push(fault);
        return;
      }
      const source = writtenList[index] as { Name: string; Config: unknown };
      const value = entry as { Config: Record<string, unknown>; ValidID?: unknown };
      const earlier = seen.get(source.Name.toLowerCase());
      if (earlier)
        reading.problems.push(
          phrase('Line %s: the name of entry %s was used in line %s.', line, index + 1, earlier),
        );
      seen.set(source.Name.toLowerCase(), line);
      reading.entries.push({
        line,
        name: source.Name,
        document: withTexts(value.Config, source.Config),
        validId: value.ValidID === undefined || value.ValidID === null ? undefined : Number(value.ValidID),
      });
    });
    return reading.problems.length > 0
      ? { entries: [], problems: reading.problems.slice(0, MAX_PROBLEMS) }
      : reading;
  } catch {
    return problem(
      phrase('The file could not be read: it is nested too deeply or repeats itself by too many aliases.'),
    );
  }
}

/**
 * Writes configurations as the helpdesk exports them: a list, one map each, keys sorted, dates in the helpdesk's zone.
 * @param formatDate `2026-11-24 14:05:00` in the helpdesk's zone (SysConfig OTRSTimeZone)
 */
export function writeTokenConfigYaml(configs: TokenConfig[], formatDate: (date: Date) => string): string {
  const entries = configs.map((config) => ({
    ChangeBy: config.changeBy,
    ChangeTime: formatDate(config.changeTime),
    Config: config.document,
    CreateBy: config.createBy,
    CreateTime: formatDate(config.createTime),
    ID: config.id,
    Name: config.name,
    ValidID: config.validId,
  }));
  return `---\n${stringify(entries, { sortMapEntries: true, lineWidth: 0, version: '1.1', aliasDuplicateObjects: false })}`;
}
