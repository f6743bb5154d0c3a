import { COMMON_OPTIONS, type Option } from './command.js';
import { COMMANDS } from './commands.js';
import { PROGRAM } from './output.js';

/** What may follow in a command line, as words for the shells. None of them holds a space or a quote. */
interface Words {
  /** First words: `config`, `serve`. */
  first: string[];
  /** First word -> second words. */
  second: Map<string, string[]>;
  /** Command -> its options, with `--`. */
  options: Map<string, string[]>;
  /** `command --option`, or `command` for its first argument -> possible values. */
  choices: Map<string, readonly string[]>;
  /** Options whose value is free text or a file. */
  valued: string[];
}

async function words(): Promise<Words> {
  const found: Words = { first: [], second: new Map(), options: new Map(), choices: new Map(), valued: [] };
  for (const [name, load] of Object.entries(COMMANDS)) {
    const [first = '', second] = name.split(' ');
    if (!found.first.includes(first)) found.first.push(first);
    if (second) found.second.set(first, [...(found.second.get(first) ?? []), second]);
    const { command } = await load();
    const options: [string, Option][] = Object.entries({ ...command.options, ...COMMON_OPTIONS });
    found.options.set(
      name,
      options.map(([option]) => `--${option}`),
    );
    for (const [option, { value, choices }] of options) {
      if (value && !found.valued.includes(`--${option}`)) found.valued.push(`--${option}`);
      if (choices) found.choices.set(`${name} --${option}`, choices);
    }
    const [argument] = command.arguments ?? [];
    if (argument?.choices) found.choices.set(name, argument.choices);
  }
  found.second.set('help', found.first);
  return found;
}

const cases = (
  entries: Iterable<readonly [string, readonly string[]]>,
  line: (list: string) => string,
): string => [...entries].map(([pattern, list]) => `    '${pattern}') ${line(list.join(' '))} ;;`).join('\n');

/** For bash 4 and newer: `source <(znuny-oauth2 completion bash)`. Files are offered where nothing else is known. */
export async function bashCompletion(): Promise<string> {
  const { first, second, options, choices, valued } = await words();
  return `# Completion of ${PROGRAM} for bash: source <(${PROGRAM} completion bash)
_${PROGRAM.replace('-', '_')}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} list= command= word skip=
  local -a plain=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $skip ]]; then skip=; continue; fi
    case $word in
      ${valued.join('|')}) skip=1 ;;
      -*) ;;
      *) plain+=("$word") ;;
    esac
  done
  command=\${plain[0]-}
  case $command in
${cases(second, () => `command="\${plain[*]:0:2}"`)}
  esac
  case "$command $prev" in
${cases(
  [...choices].filter(([name]) => name.includes(' --')),
  (list) => `COMPREPLY=($(compgen -W '${list}' -- "$cur")); return`,
)}
  esac
  case $prev in ${valued.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;; esac
  if [[ $cur == -* ]]; then
    case $command in
${cases(options, (list) => `list='${list}'`)}
    esac
  elif (( \${#plain[@]} == 0 )); then list='${first.join(' ')}'
  elif (( \${#plain[@]} == 1 )); then
    case $command in
${cases(second, (list) => `list='${list}'`)}
${cases(
  [...choices].filter(([name]) => !name.includes(' --')),
  (list) => `list='${list}'`,
)}
    esac
  elif [[ \${plain[0]} == help ]] && (( \${#plain[@]} == 2 )); then
    case \${plain[1]} in
${cases(second, (list) => `list='${list}'`)}
    esac
  fi
  if [[ $list ]]; then COMPREPLY=($(compgen -W "$list" -- "$cur")); else COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -F _${PROGRAM.replace('-', '_')} ${PROGRAM}
`;
}

/** For zsh, which understands completions of bash: `source <(znuny-oauth2 completion zsh)`. */
export async function zshCompletion(): Promise<string> {
  return `# Completion of ${PROGRAM} for zsh: source <(${PROGRAM} completion zsh)
autoload -Uz compinit bashcompinit
(( \${+_comps} )) || compinit
bashcompinit
${await bashCompletion()}`;
}
