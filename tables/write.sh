#!/bin/sh
# write.sh PROGRAM DIRECTORY FILE ACTIVATION [OPTION]...: one line of the list as a table, of depth
# 64, with the NTK and all sections, unless the line says otherwise (--depth, --no-ntk, --sections).
set -eu
program=$1 directory=$2 file=$3 activation=$4
shift 4
depth=64 ntk=--ntk sections=all options=
while [ $# -gt 0 ]; do
    case $1 in
    --no-ntk) ntk= ;;
    --depth) depth=$2 && shift ;;
    --sections) sections=$2 && shift ;;
    *) options="$options $1" ;;
    esac
    shift
done
# shellcheck disable=SC2086
exec "$program" table --activation "$activation" $options --order 1 $ntk --depth "$depth" \
    --digits 30 --sections "$sections" --format json --quiet --output "$directory/$file.json"
