import { asNumber, asText, isTrue, NotKnown, type PerlValue } from './perl-values.js';

/** Binary operators and how tightly they bind (perlop, "Operator Precedence and Associativity"). */
export const BINDING: Record<string, number> = {
  or: 1,
  and: 3,
  '?': 5,
  '||': 7,
  '//': 7,
  '&&': 8,
  eq: 10,
  ne: 10,
  '==': 10,
  '!=': 10,
  '<': 11,
  '>': 11,
  '<=': 11,
  '>=': 11,
  '+': 13,
  '-': 13,
  '.': 13,
  '*': 14,
  '/': 14,
};

/** A comparison's result: 1 or the empty text. */
export const truth = (yes: boolean): PerlValue => (yes ? '1' : '');

/** @throws NotKnown where an operand is no number or a reference */
export function apply(operator: string, left: PerlValue, right: PerlValue): PerlValue {
  switch (operator) {
    case '||':
    case 'or':
      return isTrue(left) ? left : right;
    case '&&':
    case 'and':
      return isTrue(left) ? right : left;
    case '//':
      return left ?? right;
    case '.':
      return asText(left) + asText(right);
    case 'eq':
      return truth(asText(left) === asText(right));
    case 'ne':
      return truth(asText(left) !== asText(right));
  }
  const [a, b] = [asNumber(left), asNumber(right)];
  switch (operator) {
    case '==':
      return truth(a === b);
    case '!=':
      return truth(a !== b);
    case '<':
      return truth(a < b);
    case '>':
      return truth(a > b);
    case '<=':
      return truth(a <= b);
    case '>=':
      return truth(a >= b);
    case '+':
      return String(a + b);
    case '-':
      return String(a - b);
    case '*':
      return String(a * b);
    default:
      if (b === 0) throw new NotKnown('division by zero');
      return String(a / b);
  }
}
