import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ROOT } from '../lab/instance.js';

const FOLDER = path.join(ROOT, 'docs/schemas');
const ENDING = '.schema.json';

/** The names of the documented schemas: `token-list`. */
export const schemaNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length));

export const schemaOf = (name: string) => JSON.parse(readFileSync(path.join(FOLDER, name + ENDING), 'utf8'));

/** What a documented schema rejects in a value; '' if it accepts it. */
export function faultsBySchema(name: string, value: unknown): string {
  const isDate = (text: string) => new Date(text).toJSON() === text;
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    formats: { 'date-time': isDate },
  });
  const validate = ajv.compile(schemaOf(name));
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}
