#!/bin/sh
# Completion knows every command and option that help lists, and no other.
. "${srcdir:-.}/tests/cli/support.sh"
for shell in bash zsh; do
    "$program" help $shell >"$scratch/$shell" 2>"$scratch/err" || fail "help $shell"
done
cmp -s "$scratch/bash" completions/edgeworth || fail 'completions/edgeworth is not what the program writes'
cmp -s "$scratch/zsh" completions/_edgeworth || fail 'completions/_edgeworth is not what the program writes'
head -n 1 "$scratch/zsh" | grep -q '^#compdef edgeworth$' || fail 'zsh: no #compdef'

# of_bash WORDS..., of_zsh WORDS...: what is offered for the last word.
of_bash() {
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _edgeworth; printf "%s\n" "${COMPREPLY[@]}"' \
        "$scratch/bash" edgeworth "$@"
}
# compadd and _files belong to zsh's line editor: here they print what fits.
of_zsh() {
    zsh -fc '
        compadd() { shift; local w; for w; do [[ $w == ${words[CURRENT]}* ]] && print -r -- $w; done }
        _files() { local -a found=(${words[CURRENT]}*(N)); (( ! $#found )) || print -rl -- $found }
        words=(edgeworth "$@")
        CURRENT=$#words
        fpath=(${0:h})
        cp $0 ${0:h}/_edgeworth
        autoload -Uz _edgeworth
        _edgeworth
        true' "$scratch/zsh" "$@"
}
complete() {
    of_$shell "$@" 2>"$scratch/err" | sort
    [ -s "$scratch/err" ] && fail "$shell: completing $*: something on standard error"
}

"$program" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort >"$scratch/commands"
tried=0
touch "$scratch/inputs.csv"
for shell in bash zsh; do
    command -v $shell >/dev/null 2>&1 || continue
    tried=$((tried + 1))
    complete '' | grep -v '^help$\|^--' | cmp -s - "$scratch/commands" || fail "$shell: the commands"
    for command in expect sample header verify merge; do
        {
            "$program" help $command | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p'
            echo --help
        } | sort >"$scratch/options"
        complete $command -- | cmp -s - "$scratch/options" || fail "$shell: the options of $command"
    done
    [ "$(complete cum)" = cumulants ] || fail "$shell: cum"
    [ "$(complete table --format j)" = json ] || fail "$shell: --format j"
    [ "$(complete kernel --activation gelu_)" = gelu_tanh ] || fail "$shell: --activation gelu_"
    [ -z "$(complete kernel --depth '')" ] || fail "$shell: --depth"
    [ "$(complete kernel --inputs "$scratch/inp")" = "$scratch/inputs.csv" ] || fail "$shell: --inputs"
    complete verify "$scratch/inp" | grep -q 'inputs.csv$' || fail "$shell: verify FILE"
    [ "$(complete help act)" = activations ] || fail "$shell: help act"
done
[ $tried -gt 0 ] || exit 77
finish
