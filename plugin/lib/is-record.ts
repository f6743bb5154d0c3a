/** Is it what JSON calls an object and YAML a map: values by keys, neither null nor a list? */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
