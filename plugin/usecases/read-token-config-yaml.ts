import { isMap, isScalar } from 'yaml';
import type { TokenConfigDocument } from '../domain/configuration/token-config.js';
import { breather } from '../lib/breathe.js';
import { isRecord } from '../lib/is-record.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { readYamlEntries, UPLOAD_LIMITS, type YamlLimits, type YamlPiece } from './yaml-entries.js';
import { yamlProblem } from './yaml-faults.js';

/** One entry of a file with token configurations, and the line on which it begins. */
export interface YamlEntry {
  line: number;
  name: string;
  document: TokenConfigDocument;
  /** undefined if the file does not contain it. */
  validId: number | undefined;
}

/** An entry that is not usable, and why; the texts contain no values of the file. */
interface RefusedEntry {
  line: number;
  /** '' if it has none. */
  name: string;
  reasons: Phrase[];
}

/** The content of a file. */
export interface YamlReading {
  entries: YamlEntry[];
  refused: RefusedEntry[];
  /**
   * Set if nothing in the file is usable. Texts for people, with line numbers and without values of the file.
   */
  problems: Phrase[];
}

const MAX_PROBLEMS = 20;
const TEXTS = ['ClientID', 'ClientSecret', 'Scope', 'TemplateName'] as const;

/** The texts of a map as written: `ClientSecret: 0012` is a text for the helpdesk. */
function writtenTexts(map: unknown, names: readonly string[]): Record<string, string> {
  if (!isMap(map)) return {};
  return Object.fromEntries(
    names.flatMap((name) => {
      const node: unknown = map.get(name, true);
      return isScalar(node) && typeof node.source === 'string' ? [[name, node.source]] : [];
    }),
  );
}

function withTexts(document: Record<string, unknown>, written: Record<string, string>): TokenConfigDocument {
  const texts = TEXTS.filter((key) => typeof document[key] === 'number').map((key) => [key, written[key]]);
  return { ...document, ...Object.fromEntries(texts) };
}

function entryProblem(entry: unknown, name: string, number: number): Phrase | null {
  if (!isRecord(entry)) return phrase('Entry %s is not a map with Name and Config.', number);
  if (name.trim() === '') return phrase('Entry %s has no Name.', number);
  if (!isRecord(entry.Config)) return phrase('In entry %s, Config is missing or not a map.', number);
  for (const key of TEXTS) {
    const value = entry.Config[key];
    if (value !== null && typeof value === 'object')
      return phrase('In entry %s, %s is not a text.', number, key);
  }
  for (const key of ['Notifications', 'Requests', 'Sidecar']) {
    const value = entry.Config[key];
    if (value !== null && value !== undefined && !isRecord(value))
      return phrase('In entry %s, %s is not a map.', number, key);
  }
  if (entry.ValidID !== undefined && ![1, 2, 3].includes(Number(entry.ValidID)))
    return phrase('In entry %s, ValidID is not 1 (valid), 2 (invalid), or 3 (invalid-temporarily).', number);
  return null;
}

/** Reads one entry of the file; `names` contains the names of earlier entries. */
function readEntry(piece: YamlPiece, number: number, names: Map<string, number>): YamlEntry | RefusedEntry {
  const { line } = piece;
  if ('refused' in piece) {
    const reason =
      piece.refused === 'too-deep'
        ? phrase('Entry %s is nested too deeply.', number)
        : phrase('Entry %s is too large.', number);
    return { line, name: '', reasons: [reason] };
  }
  const { value: entry, node } = piece;
  const { Name: written } = writtenTexts(node, ['Name']);
  const name = isRecord(entry) && typeof entry.Name === 'string' ? entry.Name : (written ?? '');
  const fault = entryProblem(entry, name, number);
  if (fault) return { line, name, reasons: [fault] };
  const earlier = names.get(name.toLowerCase());
  if (earlier)
    return {
      line,
      name,
      reasons: [phrase('The name of entry %s was already used on line %s.', number, earlier)],
    };
  names.set(name.toLowerCase(), line);
  const { Config, ValidID } = entry as { Config: Record<string, unknown>; ValidID?: unknown };
  const texts = writtenTexts(isMap(node) ? node.get('Config', true) : undefined, TEXTS);
  return {
    line,
    name,
    document: withTexts(Config, texts),
    validId: ValidID === undefined || ValidID === null ? undefined : Number(ValidID),
  };
}

function textOf(content: Buffer): string | Phrase[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return [phrase('The file is not a UTF-8 text file.')];
  }
  if (text.trim() === '') return [phrase('The file is empty.')];
  return text.includes('\0') ? [phrase('The file is not a text file.')] : text;
}

const TOO_MUCH = phrase('The file could not be read: it is too large, or contains too many aliases.');

/**
 * Reads an export of the helpdesk or of the sidecar: a list of configurations, or one as a map. Takes linear
 * time and lets other work run; limits size, depth and aliases; rejects duplicate keys. Never throws because
 * of a file's content.
 */
export async function readTokenConfigYaml(
  content: Buffer,
  limits: YamlLimits = UPLOAD_LIMITS,
): Promise<YamlReading> {
  const problem = (...problems: Phrase[]): YamlReading => ({ entries: [], refused: [], problems });
  const text = textOf(content);
  if (typeof text !== 'string') return problem(...text);
  try {
    const { pieces, faults } = await readYamlEntries(text, limits, MAX_PROBLEMS);
    if (faults.length > 0) return problem(...faults.map(yamlProblem));
    const reading = problem();
    if (pieces.length === 0) return problem(phrase('The file contains no token configurations.'));
    const names = new Map<string, number>();
    const breathe = breather();
    for (const [index, piece] of pieces.entries()) {
      await breathe();
      const read = readEntry(piece, index + 1, names);
      if ('reasons' in read) reading.refused.push(read);
      else reading.entries.push(read);
    }
    return reading;
  } catch {
    return problem(TOO_MUCH);
  }
}
