#!/bin/sh
# Completion knows every command and option that help lists, and no other.
. "${srcdir:-.}/tests/cli/support.sh"
command -v bash >/dev/null 2>&1 || exit 77
"$program" help bash >"$scratch/edgeworth" 2>"$scratch/err" || fail 'help bash'
cmp -s "$scratch/edgeworth" completions/edgeworth || fail 'completions/edgeworth is not what the program writes'

# complete WORDS...: what is offered for the last word, sorted.
complete() {
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _edgeworth; printf "%s\n" "${COMPREPLY[@]}"' \
        "$scratch/edgeworth" edgeworth "$@" 2>"$scratch/err" | sort
    [ -s "$scratch/err" ] && fail "completing $*: something on standard error"
}

"$program" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort >"$scratch/commands"
complete '' | grep -v '^help$\|^--' | cmp -s - "$scratch/commands" || fail 'the commands'
for command in expect sample header verify merge; do
    {
        "$program" help $command | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p'
        echo --help
    } | sort >"$scratch/options"
    complete $command -- | cmp -s - "$scratch/options" || fail "the options of $command"
done
[ "$(complete cum)" = cumulants ] || fail 'cum'
[ "$(complete table --format j)" = json ] || fail '--format j'
[ "$(complete kernel --activation gelu_)" = gelu_tanh ] || fail '--activation gelu_'
[ -z "$(complete kernel --depth '')" ] || fail '--depth'
touch "$scratch/inputs.csv"
[ "$(complete kernel --inputs "$scratch/inp")" = "$scratch/inputs.csv" ] || fail '--inputs'
complete verify "$scratch/inp" | grep -q 'inputs.csv$' || fail 'verify FILE'
[ "$(complete help act)" = activations ] || fail 'help act'
finish
