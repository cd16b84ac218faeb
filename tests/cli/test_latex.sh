#!/bin/sh
# Formulas compile as they stand, and fit the page.
. "${srcdir:-.}/tests/cli/support.sh"
command -v pdflatex >/dev/null 2>&1 || exit 77

# compiles ARGUMENTS...: the document has pages, without errors and without lines too long.
compiles() {
    ask "$@" --format latex --output "$scratch/page.tex"
    [ "$code" -eq 0 ] || fail "$*: exit code $code"
    (cd "$scratch" && rm -f page.pdf && pdflatex -interaction=nonstopmode -halt-on-error page.tex) \
        >"$scratch/log" 2>&1 || fail "$*: $(grep '^!' "$scratch/log")"
    [ -s "$scratch/page.pdf" ] || fail "$*: no page"
    grep -q '^Overfull .hbox' "$scratch/log" && fail "$*: $(grep -c '^Overfull' "$scratch/log") lines too long"
}

printf '%s' '\documentclass{article}\begin{document}x\end{document}' >"$scratch/page.tex"
(cd "$scratch" && pdflatex -interaction=nonstopmode page.tex) >/dev/null 2>&1 || exit 77

compiles derive --ntk --order 2
compiles table --activation gelu --ntk --depth 6 --digits 30
compiles table --activation relu --depth 3 --digits 30 --sections all
compiles critical --activation gelu --digits 40
compiles derive --ddntk --order 1 --steps --notation susceptibilities
compiles derive --input-count 2 --activation 'z+z^3/6'
compiles derive --ntk --direction-count 1 --quantity 'k[a1u.a1u]'
compiles derive --order 4 --activation tanh --k 1/100 --digits 30
finish
