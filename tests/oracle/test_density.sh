#!/bin/sh
# The program's Edgeworth densities against an expansion by mpmath.
here=$(dirname "$0")
command -v python3 >/dev/null 2>&1 || exit 77
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/density.py" "${EW_PROGRAM:-./edgeworth}"
