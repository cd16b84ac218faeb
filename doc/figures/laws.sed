# The expansions of edgeworth cumulants --asymptotics as functions for gnuplot.
/^expansions/q
s/ + O(.*//
s|^K = |K(l) = |
s|^Theta = |T(l) = |
s|^V/K^2 = |V(l) = |
s|^B/Theta^2 = |B(l) = |
s|^F/(K Theta) = |F(l) = |
s|^P/Theta^2 = |P(l) = |
s/ln(/log(/g
s/\^/**/g
s/c_Theta/t/g
s|\([0-9]\)/|\1./|g
/^[KTVBFP](l) = /p
