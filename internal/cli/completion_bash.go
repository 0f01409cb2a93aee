package cli

import (
	"bytes"
	"strings"

	"github.com/spf13/cobra"
)

// bashWords precede the script that cobra generates for bash. That script takes
// the words of the line from the package bash-completion, if it is installed,
// and fails on words with two of the signs at which bash breaks words, such as
// zk://alice@host:2181/key.
const bashWords = `# __kvist_words parts the line into words at blanks, where bash also breaks them
# at : = and @. It stands in for a function of the package bash-completion.
__kvist_words()
{
    local line=${COMP_LINE:0:COMP_POINT} word last= i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && word=${line#"${line%%[![:blank:]]*}"}
        if [[ ${#words[@]} -eq 0 || $line == [[:blank:]]* || ( $last != *[@:=] && $word != [@:=]* ) ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
        line=${line#"${line%%[![:blank:]]*}"}
        line=${line#"$word"}
        last=$word
    done
    cword=$((${#words[@]} - 1))
    cur=${words[cword]}
    prev=
    ((cword > 0)) && prev=${words[cword - 1]}
    return 0
}

# __kvist_cut_at_break leaves of what is offered what bash puts in the place of
# the last part of a word that it breaks.
__kvist_cut_at_break()
{
    local breaks= sign word i
    [[ -z $quote ]] || return 0 # between quotes, bash breaks nothing
    for sign in @ : =; do
        [[ $COMP_WORDBREAKS == *"$sign"* ]] && breaks+=$sign
    done
    [[ -n $breaks && $cur == *[$breaks]* ]] || return 0
    word=${cur%"${cur##*[$breaks]}"}
    shopt -q hostcomplete && word=${word%@} # then bash leaves that sign in
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        COMPREPLY[i]=${COMPREPLY[i]#"$word"}
    done
}

# __kvist_opened_quote reports whether the word is behind a quote that is still
# open, and reads it: it is never handed to eval, which would fail on it, and run
# what a key has in it.
__kvist_opened_quote()
{
    local text=${cur:1} signs=$'\\"$\x60' next i
    quote=${cur:0:1} quoted=
    if [[ $quote == \' && $text != *\'* ]]; then
        quoted=$text
        return 0
    elif [[ $quote != \" || ${text//\\?/} == *\"* ]]; then
        quote=
        return 1
    fi
    for ((i = 0; i < ${#text}; i++)); do
        next=${text:i+1:1}
        [[ ${text:i:1} == \\ && -n $next && $signs == *"$next"* ]] && i=$((i + 1))
        quoted+=${text:i:1}
    done
    return 0
}

# __kvist_offer_in_quotes offers what goes on with such a word, written so that it
# stays text between these quotes. What cannot be written there is left out.
__kvist_offer_in_quotes()
{
    local one text sign signs=$'\\"$\x60' i
    COMPREPLY=()
    for one in "${completions[@]}"; do
        one=${one%%$'\t'*}
        [[ $one == "$quoted"* ]] || continue
        if [[ $quote == \' ]]; then
            [[ $one == *\'* ]] || COMPREPLY+=("$one")
            continue
        fi
        [[ $one != *!* ]] || continue # bash would look it up in its history
        text=
        for ((i = 0; i < ${#one}; i++)); do
            sign=${one:i:1}
            [[ $signs != *"$sign"* ]] || text+=\\
            text+=$sign
        done
        COMPREPLY+=("$text")
    done
    # Bash closes the quote behind the only one that is offered, but a folder goes on.
    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != */ ]] || COMPREPLY+=("${COMPREPLY[0]}…")
}

`

// bashChanges are the replacements in the script that cobra generates.
func bashChanges() map[string]string {
	return map[string]string{
		`    _get_comp_words_by_ref "$@" cur prev words cword`: `    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref "$@" cur prev words cword
    else
        __kvist_words
    fi`,
		`_init_completion -n =:`: `_init_completion -n =:@`,
		`    __kvist_handle_special_char "$cur" :
    __kvist_handle_special_char "$cur" =
`: "    __kvist_cut_at_break\n",
		`    out=$(eval "${requestComp}" 2>/dev/null)`: `    if __kvist_opened_quote; then
        out=$(eval "${words[0]} __complete ${args[*]:0:${#args[@]}-1} \"\$quoted\"" 2>/dev/null)
    else
        out=$(eval "${requestComp}" 2>/dev/null)
    fi`,
		`        __kvist_handle_completion_types
`: `        if [[ -n $quote ]]; then
            __kvist_offer_in_quotes
        else
            __kvist_handle_completion_types
        fi
`,
		`    local cur prev words cword split
`: `    local cur prev words cword split quote quoted
`,
	}
}

// bashCompletion returns the script that makes bash complete, with or without
// descriptions.
func bashCompletion(root *cobra.Command, descriptions bool) (string, error) {
	var b bytes.Buffer
	if err := root.GenBashCompletionV2(&b, descriptions); err != nil {
		return "", err
	}
	script := b.String()
	for old, changed := range bashChanges() {
		script = strings.ReplaceAll(script, old, changed)
	}
	return bashWords + script, nil
}

// bashHelp stands in for cobra's, which asks for the package bash-completion.
const bashHelp = `Generate the autocompletion script for the bash shell. It works with and without
the package bash-completion.

To load completions in the current shell:

	source <(kvist completion bash)

To load them in every new one, write that line into ~/.bashrc. Where the package
bash-completion is installed, it finds by itself what kvist's own package brings.
`

// completeByOwnScript makes the command "completion bash" print our script.
func completeByOwnScript(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion", "bash"})
	if err != nil || cmd.Name() != "bash" {
		return
	}
	cmd.Long = bashHelp
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		none, _ := cmd.Flags().GetBool("no-descriptions")
		script, err := bashCompletion(cmd.Root(), !none)
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write([]byte(script))
		return err
	}
}
