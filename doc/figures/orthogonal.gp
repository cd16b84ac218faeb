# First-order coefficients of both ensembles against the layer, from the CSV of edgeworth
# cumulants, with points from that of edgeworth sample where there is any.
#   gnuplot -e "from='DIRECTORY'; name='tanh'; width=500; to='orthogonal.svg'" orthogonal.gp
# where DIRECTORY holds tanh-gaussian.csv, tanh-orthogonal.csv and, if width > 0, the same with
# the samples' columns pasted to the right: tanh-gaussian-sampled.csv, ...
set terminal svg size 1000,1060 font "Helvetica,13" background rgb "white"
set output to
set datafile separator ","
set multiplot layout 4,3 margins 0.06,0.98,0.06,0.93 spacing 0.07,0.075 \
    title sprintf("%s at criticality: coefficients of 1/n, orthogonal and Gaussian weights", name) \
    font ",16"
ensembles = "orthogonal gaussian"
array colour[2] = ["#0072b2", "#d55e00"]
array letter[11] = ["V", "A", "B", "D", "F", "P", "Q", "R", "S", "T", "U"]
array under[11] = ["K^2", "Theta^2", "Theta^2", "(K Theta)", "(K Theta)", "Theta^2", \
    "Theta^2", "Theta^3", "Theta^3", "Theta^3", "Theta^3"]
# A letter over K^k Theta^t.
array k[11] = [2, 0, 0, 1, 1, 0, 0, -1, -1, -1, 0]
array t[11] = [0, 2, 2, 1, 1, 2, 2, 3, 3, 3, 3]
array of[11] = ["K(a.a;a.a)", "K(a1.a1;a2.a2)", "K(a1.a2;a1.a2)", "K(a.a;a1.a1)", \
    "K(a.a1;a.a1)", "K(a.a12;a1.a2)", "K(a.a1;a2.a12)", "K(a1.a2;a3.a123)", \
    "K(a1.a2;a13.a23)", "K(a1.a12;a3.a23)", "K(a1.a23;a2.a13)"]
scale(p) = column("K")**k[p] * column("Theta")**t[p]
set grid lc rgb "#dddddd"
set border 3
set tics nomirror out
set format y "%g"
set xrange [1:60]
set xtics (1, 20, 40, 60)
set pointintervalbox 0
# Gaussian samples of what stays small are noisy: the axes are the curves'.
array low[11] = ["0", "-0.1", "0", "-1", "0", "-7", "-0.4", "-7", "0", "-0.1", "-4"]
array high[11] = ["45", "0.3", "25", "0.5", "18", "0", "0.2", "0", "7", "0.1", "12"]
set key top left Left reverse samplen 2
do for [p=1:11] {
    set title sprintf("%s%s/%s", k[p] < 0 ? "K " : "", letter[p], under[p]) noenhanced \
        offset 0,-0.8
    set yrange [low[p]+0:high[p]+0]
    if (p > 8) { set xlabel "layer" offset 0,0.6 } else { unset xlabel }
    if (p > 1) { unset key }
    if (width > 0) {
        plot for [e=1:2] sprintf("%s/%s-%s.csv", from, name, word(ensembles, e)) \
                using "layer":(column(letter[p])/scale(p)) with lines lw 2 lc rgb colour[e] \
                title word(ensembles, e), \
            for [e=1:2] sprintf("%s/%s-%s-sampled.csv", from, name, word(ensembles, e)) \
                every 4::3 using "layer":(width*column(of[p])/scale(p)):(width*column(of[p]."_se")/scale(p)) \
                with yerrorbars pt 7 ps 0.4 lw 1 lc rgb colour[e] notitle
    } else {
        plot for [e=1:2] sprintf("%s/%s-%s.csv", from, name, word(ensembles, e)) \
                using "layer":(column(letter[p])/scale(p)) with lines lw 2 lc rgb colour[e] \
                title word(ensembles, e)
    }
}
unset multiplot
