#!/bin/sh
# Regression by infinitely wide networks against published kernels and mpmath's linear algebra.
here=$(dirname "$0")
command -v python3 >/dev/null 2>&1 || exit 77
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/regress.py" "${EW_PROGRAM:-./edgeworth}"
