#!/bin/sh
# The program's first-order coefficients against the published recursion and mpmath's quadrature.
here=$(dirname "$0")
command -v python3 >/dev/null 2>&1 || exit 77
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/compare.py" "${EW_PROGRAM:-./edgeworth}"
