import { COMMON_OPTIONS, type Commands, type Option } from './command.js';
import { PROGRAM } from './output.js';

/** What may follow in a command line, as words for the shells. None of them contains a space or a quote. */
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
  /** Commands whose first argument names a configuration. */
  named: string[];
}

async function words(commands: Commands): Promise<Words> {
  const found: Words = {
    first: [],
    second: new Map(),
    options: new Map(),
    choices: new Map(),
    valued: [],
    named: [],
  };
  for (const [name, load] of Object.entries(commands)) {
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
    if (argument?.names === 'configurations') found.named.push(name);
  }
  found.second.set('help', found.first);
  return found;
}

const cases = (
  entries: Iterable<readonly [string, readonly string[]]>,
  line: (list: string) => string,
): string => [...entries].map(([pattern, list]) => `    '${pattern}') ${line(list.join(' '))} ;;`).join('\n');

const FUNCTION = `_${PROGRAM.replace('-', '_')}`;

/**
 * Asks the program for the names. If there is no helpdesk or no permission to read it, the completion offers
 * nothing and does not wait.
 *
 * Names may contain spaces and characters that are special to a shell. A user who may name a configuration
 * must not be able to run a command on the machine of a person who completes that name. So each name is
 * quoted for the quote that is open:
 * - none: with backslashes, also before characters that end a word for readline (COMP_WORDBREAKS);
 * - double: with backslashes before what the shell expands there (bash(1), QUOTING). Names with a `!` are not
 *   offered, because an interactive shell takes it for its history and no backslash protects it;
 * - single: unchanged. Names with quotes or a backslash are not offered, because bash and zsh treat them
 *   differently.
 *
 * A quote that opens or has closed in the middle of the word gets no offer. The answer replaces $1, so it
 * leaves out what was typed before a character that ends a word.
 */
const NAMES = `${FUNCTION}_names() {
  local name before= quote= typed= at= c=
  for ((at = 0; at < \${#whole}; at++)); do
    c=\${whole:$at:1}
    case $quote$c in
      \\' | \\") ((at == 0)) || return; quote=$c ;;
      \\'\\' | \\"\\") return ;;
      \\\\ | \\"\\\\) at=$((at + 1)); typed+=\${whole:$at:1} ;;
      *) typed+=$c ;;
    esac
  done
  [[ $quote || $whole == "$cur" ]] || before=\${whole%"$1"}
  before=\${before//\\\\/}
  while IFS= read -r name; do
    [[ $name == "$typed"* && $name != *[[:cntrl:]]* ]] || continue
    case $quote in
      \\")
        [[ $name != *!* ]] || continue
        name=\${name//\\\\/\\\\\\\\} name=\${name//\\"/\\\\\\"} name=\${name//\\$/\\\\\\$} name=\${name//\\\`/\\\\\\\`}
        ;;
      \\') [[ $name != *[\\\\\\'\\"]* ]] || continue ;;
      *)
        printf -v name %q "\${name#"$before"}"
        name=\${name//:/\\\\:} name=\${name//=/\\\\=} name=\${name//@/\\\\@}
        ;;
    esac
    COMPREPLY+=("$name")
  done < <(timeout 3 "\${COMP_WORDS[0]}" config list --names \${home:+--home "$home"} </dev/null 2>/dev/null)
}`;

/**
 * Returns the completion for bash 4 and newer: `source <(znuny-oauth2 completion bash)`. It offers files
 * where nothing else is known. bash splits `--home=/x` and `a@b` into three words each, so they are joined
 * first.
 */
export async function bashCompletion(commands: Commands): Promise<string> {
  const { first, second, options, choices, valued, named } = await words(commands);
  return `# Completion of ${PROGRAM} for bash: source <(${PROGRAM} completion bash)
${NAMES}
${FUNCTION}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev= whole= list= command= word skip= home= glue= i n=0
  local -a line=() plain=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((n > 0)) && [[ $glue || $word == [:=@] ]]; then line[n-1]+=$word; else line[n]=$word; n=$((n + 1)); fi
    [[ $word == [:=@] ]] && glue=1 || glue=
  done
  whole=\${line[n-1]}
  for ((i = 0; i < n - 1; i++)); do
    word=\${line[i]} prev=$word
    if [[ $skip ]]; then
      [[ $skip == --home ]] && home=$word
      skip=
      continue
    fi
    case $word in
      ${valued.join('|')}) skip=$word ;;
      --home=*) home=\${word#*=} ;;
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
  if [[ $cur != -* ]]; then
    case "\${plain[*]}" in ${named.map((name) => `'${name}'`).join('|')}) ${FUNCTION}_names "$2"; return ;; esac
  fi
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
complete -F ${FUNCTION} ${PROGRAM}
`;
}

/**
 * Returns the completion for zsh, which understands bash completions: `source <(znuny-oauth2 completion
 * zsh)`.
 */
export async function zshCompletion(commands: Commands): Promise<string> {
  return `# Completion of ${PROGRAM} for zsh: source <(${PROGRAM} completion zsh)
autoload -Uz compinit bashcompinit
(( \${+_comps} )) || compinit
bashcompinit
${await bashCompletion(commands)}`;
}
