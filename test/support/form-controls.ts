/** A control of a form's page as a person sees it. */
export type Control = [id: string, label: string, value: string, below: string];

const decode = (text: string): string =>
  text
    .replace(/<[^>]*>/g, '')
    .replace(/&#x([0-9a-f]+);/gi, (_all, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();

/**
 * The controls of a page in order: ID, label (with `* ` where it is mandatory), type and value, the texts below it,
 * faults first. A text that is only shown counts as one. The rows of parameters are left out.
 */
export function controlsOf(page: string): Control[] {
  const form = /<form[^>]*id="OAuth2TokenConfigForm"[\s\S]*<\/form>/.exec(page)?.[0] ?? '';
  const inner = (pattern: string): string => {
    const found = new RegExp(pattern).exec(form);
    return decode(found?.[1] ?? '');
  };
  const tags = form.matchAll(/<(?:input|select|p class="Value")[^>]*>/g);
  return [...tags].flatMap(([tag]): Control[] => {
    const attribute = (name: string) => decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
    const id = attribute('id');
    const type = attribute('type') || /^<\w+/.exec(tag)?.[0].slice(1) || '';
    if (id === '' || type === 'hidden' || /(?:Fixed|Mapped|Answer)(?:Name|Value)\d+$/.test(id)) return [];
    const label = inner(`<label[^>]* for="${id}"[^>]*>([\\s\\S]*?)</label>`) || attribute('aria-label');
    const value = {
      checkbox: / checked/.test(tag) ? 'on' : 'off',
      radio: / checked/.test(tag) ? 'on' : 'off',
      select: inner(
        `<select[^>]* id="${id}"(?:(?!</select>)[\\s\\S])*<option[^>]* selected>([^<]*)</option>`,
      ),
      p: inner(`<p class="Value" id="${id}">([^<]*)</p>`),
    }[type];
    const fault = inner(`<p class="FieldFault" id="${id}Fault">([^<]*)</p>`);
    const explanation = inner(`<p class="FieldExplanation" id="${id}Explanation">([^<]*)</p>`);
    return [
      [
        id,
        label.replace(/:$/, ''),
        `${type} ${value ?? attribute('value')}`.trim(),
        [fault && `FAULT ${fault}`, explanation].filter(Boolean).join(' '),
      ],
    ];
  });
}

/** What a browser sends from a page's unchanged form: names and values in order, without buttons. */
export function sentBy(page: string): [name: string, value: string][] {
  const form = /<form[^>]*id="OAuth2TokenConfigForm"[\s\S]*<\/form>/.exec(page)?.[0] ?? '';
  const pieces = form.matchAll(/<input[^>]*>|<select[\s\S]*?<\/select>/g);
  return [...pieces].flatMap(([piece]): [string, string][] => {
    const attribute = (name: string) => decode(new RegExp(`\\s${name}="([^"]*)"`).exec(piece)?.[1] ?? '');
    const name = attribute('name');
    if (name === '' || (/type="(?:checkbox|radio)"/.test(piece) && !/ checked/.test(piece))) return [];
    if (!piece.startsWith('<select')) return [[name, attribute('value')]];
    return [[name, decode(/<option value="([^"]*)" selected/.exec(piece)?.[1] ?? '')]];
  });
}
