#!/bin/sh
# V/K^2 against the layer, drawn in the terminal:  ratio.sh [ACTIVATION [DEPTH]]
set -eu
edgeworth cumulants --activation "${1:-tanh}" --depth "${2:-50}" --digits 6 --format csv |
    gnuplot -e "set terminal dumb size 79,24" -e "set datafile separator ','; unset key" \
        -e "set title 'V/K^2 of ${1:-tanh}' noenhanced; set xlabel 'layer'" \
        -e "plot '/dev/stdin' using 'layer':'V/K^2' with lines"
