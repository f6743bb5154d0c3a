/**
 * Invisible characters that control a terminal or reverse the direction of text. Line ends and tabs are
 * allowed.
 */
const UNSHOWN = /[\p{Cf}\p{Zl}\p{Zp}]|(?![\t\n\r])\p{Cc}/u;
const EACH = new RegExp(UNSHOWN, 'gu');

/** Does the text contain characters that control a terminal? */
export const holdsControls = (text: string): boolean => UNSHOWN.test(text);

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/**
 * Escapes everything in JSON, or in YAML with such texts in double quotes, that controls a terminal. JSON
 * itself escapes only the first 32 characters, but U+009B starts a command like ESC [. Parsers read the same
 * text. Characters beyond 16 bits are two escapes in JSON (RFC 8259 §7) and one in YAML (1.1 §5.6).
 */
export const escapeControls = (text: string, language: 'json' | 'yaml'): string =>
  text.replace(EACH, (sign) => {
    if (sign.length === 1) return `\\u${hex(sign.charCodeAt(0), 4)}`;
    if (language === 'yaml') return `\\U${hex(sign.codePointAt(0) ?? 0, 8)}`;
    return `\\u${hex(sign.charCodeAt(0), 4)}\\u${hex(sign.charCodeAt(1), 4)}`;
  });
