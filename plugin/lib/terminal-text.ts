/** What a terminal obeys, or turns lines around with; it shows nothing of it. Line ends and tabs are fine. */
const UNSHOWN = /[\p{Cf}\p{Zl}\p{Zp}]|(?![\t\n\r])\p{Cc}/u;
const EACH = new RegExp(UNSHOWN, 'gu');

/** Does a text hold what a terminal would obey? */
export const holdsControls = (text: string): boolean => UNSHOWN.test(text);

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/**
 * JSON, or YAML of which such texts stand in double quotes, without anything that a terminal obeys: JSON itself escapes the
 * first 32 characters only, and U+009B begins a command like ESC [. Whoever reads it gets the same text. Characters beyond
 * 16 bits are two escapes in JSON (RFC 8259 §7) and one in YAML (1.1 §5.6).
 */
export const escapeControls = (text: string, language: 'json' | 'yaml'): string =>
  text.replace(EACH, (sign) => {
    if (sign.length === 1) return `\\u${hex(sign.charCodeAt(0), 4)}`;
    if (language === 'yaml') return `\\U${hex(sign.codePointAt(0) ?? 0, 8)}`;
    return `\\u${hex(sign.charCodeAt(0), 4)}\\u${hex(sign.charCodeAt(1), 4)}`;
  });
