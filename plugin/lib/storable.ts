/**
 * Reads what Perl's Storable wrote with `nfreeze` (network byte order): plain data of strings, numbers, lists
 * and hashes. The type bytes are those of perldoc Storable and its test files. Objects of Perl classes are
 * rejected, because plain data has none.
 */
export type Stored = string | null | Stored[] | { [key: string]: Stored };

/** The first byte: major version 2, network byte order. */
const NETWORK_ORDER = 5;
const MAX_DEPTH = 100;

/** @throws RangeError for anything else, including a truncated file */
export function readStorable(bytes: Buffer): Stored {
  let at = 0;
  /** In the order in which the values begin: later ones may refer to earlier ones. */
  const seen: Stored[] = [];

  const byte = (): number => bytes.readUInt8(at++);
  const long = (): number => {
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const take = (length: number, encoding: 'latin1' | 'utf8'): string => {
    if (at + length > bytes.length) throw new RangeError('Storable: ends too early');
    at += length;
    return bytes.toString(encoding, at - length, at);
  };
  /** A flagged key of a hash says whether it is UTF-8. */
  const key = (flagged: boolean): string => {
    const isUtf8 = flagged && (byte() & 1) === 1;
    return take(long(), isUtf8 ? 'utf8' : 'latin1');
  };

  function value(depth: number): Stored {
    if (depth > MAX_DEPTH) throw new RangeError('Storable: too deep');
    const type = byte();
    if (type === 0) return seen[long()] ?? null;
    const tag = seen.push(null) - 1;
    const read = fresh(type, tag, depth);
    seen[tag] = read;
    return read;
  }

  function fresh(type: number, tag: number, depth: number): Stored {
    switch (type) {
      case 1:
        return take(long(), 'latin1');
      case 2: {
        const list: Stored[] = [];
        seen[tag] = list;
        for (let left = long(); left > 0; left--) list.push(value(depth + 1));
        return list;
      }
      case 3:
      case 25: {
        if (type === 25) byte();
        // No prototype: a key may have any name.
        const hash: { [key: string]: Stored } = Object.create(null);
        seen[tag] = hash;
        for (let left = long(); left > 0; left--) {
          const read = value(depth + 1);
          hash[key(type === 25)] = read;
        }
        return hash;
      }
      case 4:
        return value(depth + 1);
      case 5:
      case 14:
        return null;
      case 8:
        return String(byte() - 128);
      case 9:
        return String(long() | 0);
      case 10:
        return take(byte(), 'latin1');
      case 15:
      case 40:
        return '1';
      case 16:
      case 41:
        return '';
      case 23:
        return take(byte(), 'utf8');
      case 24:
        return take(long(), 'utf8');
      default:
        throw new RangeError(`Storable: type ${type} is no plain data`);
    }
  }

  if (byte() !== NETWORK_ORDER) throw new RangeError('Storable: not in network order');
  byte();
  return value(0);
}
