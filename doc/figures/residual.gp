# n Var H/K^2 against the block: the first order, the sum to the third at two widths, and samples.
#   gnuplot -e "from='DIRECTORY'; to='residual.svg'" residual.gp
# where DIRECTORY holds tanh-8.csv, ...: columns of edgeworth cumulants, and of edgeworth sample
# with S for K.
set terminal svg size 900,420 font "Helvetica,13" background rgb "white"
set output to
set datafile separator ","
set multiplot layout 1,2 margins 0.06,0.98,0.13,0.86 spacing 0.07,0 \
    title "residual networks at beta = 1/2, 20 blocks: n Var(h.h/n) over its mean squared" font ",15"
array colour[2] = ["#d55e00", "#0072b2"]
widths = "8 32"
set grid lc rgb "#dddddd"
set border 3
set tics nomirror out
set xrange [0:20]
set yrange [0:*]
set xlabel "block" offset 0,0.4
set key top left Left reverse samplen 2
of = "K(a.a;a.a)"
sampled = "S(a.a;a.a)"
scale(w) = w/column("K")**2
do for [name in "tanh relu"] {
    set title name noenhanced offset 0,-0.6
    plot sprintf("%s/%s-8.csv", from, name) using "layer":"V/K^2" with lines lw 2 dt 2 \
             lc rgb "#777777" title "first order", \
        for [e=1:2] sprintf("%s/%s-%s.csv", from, name, word(widths, e)) \
            using "layer":(column(of)*scale(word(widths, e)+0)) with lines lw 2 lc rgb colour[e] \
            title "to third order, n = ".word(widths, e), \
        for [e=1:2] sprintf("%s/%s-%s.csv", from, name, word(widths, e)) \
            using "layer":(column(sampled)*scale(word(widths, e)+0)):\
                (column(sampled."_se")*scale(word(widths, e)+0)) \
            with yerrorbars pt 7 ps 0.5 lw 1 lc rgb colour[e] notitle
    unset key
}
unset multiplot
