import { firstWords, verbsByNoun } from "./completion-model.ts";
import type { CompletedCommand, CompletedOption, CompletedWord } from "./completion-model.ts";

export const completionShells = ["bash", "zsh", "fish"] as const;
export type CompletionShell = (typeof completionShells)[number];

/** A script that completes this version's commands, options and values in a shell; it asks nobody while it completes. */
export function completionScript(
  shell: CompletionShell,
  commands: readonly CompletedCommand[],
): string {
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh":
      return zshScript(commands);
    case "fish":
      return fishScript(commands);
  }
}

function bashScript(commands: readonly CompletedCommand[]): string {
  const verbs = [...verbsByNoun(commands)];
  return `# bash completion for aloha: source <(aloha completion bash)
_aloha() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} i words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quote(spaced(firstWords(commands)))} -- "$cur"))
    return
  fi
  # Behind -- stands somebody else's command.
  for ((i = 2; i < COMP_CWORD; i++)); do
    [ "\${COMP_WORDS[i]}" = -- ] && return
  done
  case "$command \${COMP_WORDS[2]}" in
${commands
  .filter(({ name }) => name.includes(" "))
  .map(({ name }) => `    ${quote(name)}) [ "$COMP_CWORD" -gt 2 ] && command=${quote(name)} ;;\n`)
  .join("")}  esac
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "$command" in
      help) words=${quote(spaced(firstWords(commands)))} ;;
${verbs.map(([noun, words]) => `      ${noun}) words=${quote(spaced(words))} ;;\n`).join("")}    esac
  fi
  case "$command $prev" in
${commands
  .flatMap(({ name, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ names, choices }) =>
          `    ${names.map((option) => quote(`${name} ${option}`)).join("|")}) COMPREPLY=($(compgen ${choices.length > 0 ? `-W ${quote(choices.join(" "))}` : "-f"} -- "$cur")); return ;;\n`,
      ),
  )
  .join("")}  esac
  case "$command" in
${commands
  .map(
    ({ name, options, choices }) =>
      `    ${quote(name)}) case "$cur" in -*) words=${quote(options.flatMap((option) => option.names).join(" "))} ;; *) words="$words ${choices.join(" ")}" ;; esac ;;\n`,
  )
  .join("")}  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _aloha aloha
`;
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const described = (words: readonly CompletedWord[]): string =>
    words.map(({ word, summary }) => quote(`${word}:${summary}`)).join(" ");
  return `#compdef aloha
# zsh completion for aloha: source <(aloha completion zsh)
_aloha() {
  local -a words_here
  local command=\${words[2]}
  if (( CURRENT == 2 )); then
    words_here=(${described(firstWords(commands))})
    _describe command words_here
    return
  fi
  if (( CURRENT == 3 )); then
    case $command in
      help) words_here=(${described(firstWords(commands))}) ;;
${[...verbsByNoun(commands)].map(([noun, verbs]) => `      ${noun}) words_here=(${described(verbs)}) ;;\n`).join("")}    esac
    (( \${#words_here} )) && _describe command words_here
  fi
  case "$command \${words[3]}" in
${commands
  .filter(({ name }) => name.includes(" "))
  .map(
    ({ name }) =>
      `    ${quote(name)}) (( CURRENT > 3 )) && { command=${quote(name)}; shift words; (( CURRENT-- )) } ;;\n`,
  )
  .join("")}  esac
  shift words; (( CURRENT-- ))
  case $command in
${commands
  .map(
    ({ name, options, choices }) =>
      `    ${quote(name)}) _arguments ${options.flatMap(zshOption).join(" ")} ${quote(choices.length > 0 ? `*: :(${choices.join(" ")})` : "*: :_files")} ;;\n`,
  )
  .join("")}  esac
}
if [ "\${funcstack[1]}" = _aloha ]; then _aloha "$@"; else compdef _aloha aloha; fi
`;
}

function zshOption({
  names,
  description,
  takesValue,
  choices,
}: CompletedOption): readonly string[] {
  const said = description.replaceAll(/[[\]:\\]/g, " ");
  const values = choices.length > 0 ? `(${choices.join(" ")})` : "_files";
  return names.map((name) => quote(`*${name}[${said}]${takesValue ? `:value:${values}` : ""}`));
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = ["# fish completion for aloha: aloha completion fish | source"];
  for (const { word, summary } of firstWords(commands))
    lines.push(
      `complete -c aloha -n '__fish_is_nth_token 1' -f -a ${word} -d ${fishQuote(summary)}`,
    );
  for (const [noun, verbs] of verbsByNoun(commands)) {
    for (const { word, summary } of verbs)
      lines.push(
        `complete -c aloha -n '__fish_is_nth_token 2; and __fish_seen_subcommand_from ${noun}' -f -a ${word} -d ${fishQuote(summary)}`,
      );
  }
  for (const { name, options, choices } of commands) {
    const seen = name
      .split(" ")
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ");
    for (const option of options) lines.push(fishOption(seen, option));
    if (choices.length > 0)
      lines.push(`complete -c aloha -n ${fishQuote(seen)} -f -a ${fishQuote(choices.join(" "))}`);
  }
  return `${lines.join("\n")}\n`;
}

function fishOption(
  seen: string,
  { names, description, takesValue, choices }: CompletedOption,
): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const values = choices.length > 0 ? ` -x -a ${fishQuote(choices.join(" "))}` : " -r";
  return `complete -c aloha -n ${fishQuote(seen)} ${flags.join(" ")} -d ${fishQuote(description)}${takesValue ? values : ""}`;
}

function spaced(words: readonly CompletedWord[]): string {
  return words.map(({ word }) => word).join(" ");
}

/** One word of a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
