#!/bin/sh
# What README and the manual pages show is what the program prints, and what they list is what there is.
. "${srcdir:-.}/tests/cli/support.sh"
top=$(cd "${srcdir:-.}" && pwd)
pages=$top/doc/man
mkdir "$scratch/bin" "$scratch/files"
cp "$top"/examples/*.csv "$scratch/files"
ln -s "$(cd "$(dirname "$program")" && pwd)/$(basename "$program")" "$scratch/bin/edgeworth"
PATH=$(cd "$scratch/bin" && pwd):$PATH

# The example blocks of a page (.EX ... .EE) or of README (indented), each ended by a line of %%.
page_blocks() {
    sed -n '/^\.EX$/,/^\.EE$/{s/^\.EE$/%%/;/^\.EX$/d;p;}' "$1" |
        sed "s/\\\\&//g; s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\(ha/^/g; s/\\\\(ga/\`/g; s/\\\\(ti/~/g; s/\\\\e/\\\\/g"
}
readme_blocks() {
    awk '/^    /{print substr($0, 5); next} /^$/{print; next} {print "%%"} END {print "%%"}' "$1"
}

# Blocks on standard input to DIRECTORY/N.run and N.want, for each line "$ edgeworth ...".
split_examples() {
    mkdir -p "$1"
    awk -v into="$1" '
        function close_example() {
            while (n > 0 && want[n] == "") n--
            for (i = 1; i <= n; i++) print want[i] >(file ".want")
            printf "" >(file ".want")
            close(file ".want")
            open = n = 0
        }
        /^\$ edgeworth / || /^%%$/ { if (open) close_example() }
        /^\$ edgeworth / {
            file = sprintf("%s/%03d", into, ++examples)
            print substr($0, 3) >(file ".run")
            close(file ".run")
            open = 1
            next
        }
        open { want[++n] = $0 }'
}

# same WANT GOT: equal but for space at the ends of lines; a line "..." stands for any lines.
same() {
    awk '
        function fits(first, last, at, i) {
            for (i = first; i <= last; i++) if (want[i] != got[at + i - first]) return 0
            return 1
        }
        { sub(/[ \t]+$/, "") }
        FILENAME == ARGV[1] { want[++n] = $0; next }
        { got[++m] = $0 }
        END {
            while (m > 0 && got[m] == "") m--
            free = 0
            at = 1
            for (i = 1; i <= n; i = last + 1) {
                last = i
                if (want[i] == "...") { free = 1; continue }
                while (last < n && want[last + 1] != "...") last++
                while (!fits(i, last, at)) if (!free || ++at > m) exit 1
                at += last - i + 1
                free = 0
            }
            exit !(free || at == m + 1)
        }' "$1" "$2"
}

count=0
run_examples() { # DIRECTORY NAME
    for example in "$1"/*.run; do
        [ -e "$example" ] || continue
        count=$((count + 1))
        line=$(cat "$example")
        want=${example%.run}.want
        if ! (cd "$scratch/files" && eval "$line") >"$scratch/out" 2>"$scratch/err"; then
            fail "$2: $line: exit status not 0"
        elif ! same "$want" "$scratch/out"; then
            fail "$2: $line: prints something else"
            diff "$want" "$scratch/out"
        fi
    done
}

# A comparison that cannot fail would be worthless.
printf 'a\n...\nd\n' >"$scratch/want"
printf 'a\nb\nd \n\n' >"$scratch/got"
same "$scratch/want" "$scratch/got" || fail "the comparison refuses an excerpt"
printf 'a\nb\nd\ne\n' >"$scratch/got"
same "$scratch/want" "$scratch/got" && fail "the comparison overlooks a line"
printf 'b\nd\n' >"$scratch/got"
same "$scratch/want" "$scratch/got" && fail "the comparison overlooks a missing line"

for text in README.md $(cd "$top" && echo doc/*.md); do
    readme_blocks "$top/$text" | split_examples "$scratch/$(basename "$text").d"
    run_examples "$scratch/$(basename "$text").d" "$text"
done
for page in "$pages"/*.[13]; do
    page_blocks "$page" | split_examples "$scratch/$(basename "$page").d"
    run_examples "$scratch/$(basename "$page").d" "$(basename "$page")"
done
[ "$count" -ge 20 ] || fail "only $count examples were found"

# Every command has its page, and every option of it an entry there; and the other way round.
"$program" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort >"$scratch/commands"
for page in "$pages"/edgeworth-*.1; do
    basename "$page" .1 | sed 's/^edgeworth-//'
done | sort >"$scratch/documented"
cmp -s "$scratch/commands" "$scratch/documented" || {
    fail "commands and pages differ"
    diff "$scratch/commands" "$scratch/documented"
}
while read -r command; do
    "$program" help "$command" | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort >"$scratch/options"
    sed -n '/^\.SH OPTIONS/,/^\.SH OUTPUT/p' "$pages/edgeworth-$command.1" |
        sed -n '/^\.TP$/{n;s/\\-/-/g;s/^\.B[I]* --\([a-z-]*\).*/\1/p;}' | sort >"$scratch/entries"
    cmp -s "$scratch/options" "$scratch/entries" || {
        fail "edgeworth-$command.1 and the program differ in options"
        diff "$scratch/options" "$scratch/entries"
    }
    grep -q "edgeworth.-$command" "$pages/edgeworth.1" || fail "edgeworth.1 is silent on $command"
done <"$scratch/commands"

# Every function of the activation language, and every one of the library.
"$program" help activations | sed -n 's/^  \([a-z0-9_]*\)$/\1/p' | grep -v '^if$' | sort >"$scratch/functions"
sed -n '/^Functions:/,/^\.PP/s/^\.B //p' "$pages/edgeworth.1" | tr ' ' '\n' | sort >"$scratch/listed"
cmp -s "$scratch/functions" "$scratch/listed" || {
    fail "edgeworth.1 and the program differ in functions"
    diff "$scratch/functions" "$scratch/listed"
}
sed -n '/^EW_PUBLIC/s/.*\(ew_[a-z_]*\)(.*/\1/p' "$top/include/edgeworth.h" | sort >"$scratch/public"
page_blocks "$pages/libedgeworth.3" | sed -n '/;$/s/^[a-z].*[ *]\(ew_[a-z_]*\)(.*/\1/p' | sort >"$scratch/manual"
cmp -s "$scratch/public" "$scratch/manual" || {
    fail "libedgeworth.3 and the header differ"
    diff "$scratch/public" "$scratch/manual"
}

# The ten-line program is the one shown, and prints what is shown.
readme_blocks "$top/README.md" | sed -n '/^#include <edgeworth.h>$/,/^}$/p' >"$scratch/shown"
cmp -s "$scratch/shown" "$top/examples/ten_lines.c" || fail "README shows another ten_lines.c"
page_blocks "$pages/libedgeworth.3" | sed -n '/^int main/,/^}$/p' >"$scratch/shown"
sed -n '/^int main/,$p' "$top/examples/ten_lines.c" | cmp -s "$scratch/shown" - ||
    fail "libedgeworth.3 shows another ten_lines.c"
if [ -x examples/ten_lines ]; then
    line=$(examples/ten_lines) || fail "ten_lines fails"
    for text in README.md doc/man/libedgeworth.3; do
        sed 's/\\-/-/g' "$top/$text" | grep -q -F "$line" || fail "$text shows another output of ten_lines"
    done
fi

if command -v gnuplot >/dev/null 2>&1; then
    "$top/examples/ratio.sh" relu 20 >"$scratch/out" 2>"$scratch/err" || fail "examples/ratio.sh"
    grep -q '|  *\*.*|' "$scratch/out" || fail "examples/ratio.sh draws no line"
fi

if command -v groff >/dev/null 2>&1; then
    for page in "$pages"/*.[13]; do
        groff -man -Tutf8 -ww "$page" >/dev/null 2>"$scratch/warnings"
        [ -s "$scratch/warnings" ] && fail "$(basename "$page"): $(head -n 1 "$scratch/warnings")"
    done
fi
finish
