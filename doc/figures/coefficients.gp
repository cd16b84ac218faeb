# First-order coefficients against the layer, from the CSV that edgeworth cumulants writes.
#   gnuplot -e "from='DIRECTORY'; to='coefficients.svg'" coefficients.gp
# where DIRECTORY holds tanh.csv, relu.csv, gelu.csv and silu.csv.
set terminal svg size 900,640 font "Helvetica,14" background rgb "white"
set output to
set datafile separator ","
set key autotitle columnhead
set multiplot layout 2,2 margins 0.07,0.97,0.10,0.86 spacing 0.10,0.15 \
    title "Coefficients of 1/n at each activation's critical point, K = 1 in layer 1" font ",16"
names = "relu gelu silu tanh"
array colour[4] = ["#0072b2", "#009e73", "#d55e00", "#cc79a7"]
set grid lc rgb "#dddddd"
set border 3
set tics nomirror out
set xrange [1:50]
set xtics (1, 10, 20, 30, 40, 50)
set yrange [0:*]
set key top left Left reverse samplen 2
panels = "V/K^2 B/Theta^2 F/(K_Theta) A/Theta^2"
do for [p=1:4] {
    column = word(panels, p)
    column = column eq "F/(K_Theta)" ? "F/(K Theta)" : column
    set title column noenhanced offset 0,-0.5
    # A of tanh is a thousand times smaller than the others.
    if (p == 4) { set logscale y; set yrange [0.005:1000]; set format y "%g" }
    if (p > 2) { set xlabel "layer" offset 0,0.5 } else { unset xlabel }
    if (p == 2) { unset key }
    plot for [i=1:4] sprintf("%s/%s.csv", from, word(names, i)) \
        using "layer":column with lines lw 2 lc rgb colour[i] title word(names, i)
}
unset multiplot
