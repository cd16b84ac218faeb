#!/bin/sh
# make installcheck: install below $1 (DESTDIR), compile a program with what pkg-config says, run it.
#   installed.sh DESTDIR PKGCONFIGDIR LIBDIR SOURCE COMPILER...
set -eu
root=$1 pkgconfig=$2 libdir=$3 source=$4
shift 4
export PKG_CONFIG_PATH="$root$pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
static=
[ -n "$(find "$root$libdir" -name 'libedgeworth.so*')" ] || static=--static
flags=$(pkg-config --cflags --libs $static edgeworth)
# shellcheck disable=SC2086
"$@" -std=c99 -Wall -Wextra -Werror -o "$root/installed" "$source" $flags
LD_LIBRARY_PATH="$root$libdir" "$root/installed" | grep '<s^4>'
