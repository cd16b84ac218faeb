#!/bin/sh
# check.sh PROGRAM TABLE: does it verify?
if "$1" verify "$2" >/dev/null; then
    echo "PASS: $2"
else
    echo "FAIL: $2"
fi
