# The L/n laws of tanh: layers against expansions, both from edgeworth cumulants.
#   gnuplot -e "from='DIRECTORY'; to='asymptotics.svg'" asymptotics.gp
# where DIRECTORY holds deep.csv and laws.gp (made by laws.sed).  The two constants, c and t for
# c_Theta, are fitted to K and Theta; everything else follows.
set terminal svg size 900,640 font "Helvetica,14" background rgb "white"
set output to
set datafile separator ","
data = from."/deep.csv"
c = -0.4
t = 0.1
load from."/laws.gp"
set fit quiet logfile "/dev/null"
fit [60:100] K(x) data using "layer":"K" via c
fit [60:100] T(x) data using "layer":"Theta" via t
set multiplot layout 2,2 margins 0.07,0.97,0.10,0.86 spacing 0.10,0.15 \
    title "Coefficients of 1/n of tanh at criticality, K = 1 in layer 1" font ",16"
set grid lc rgb "#dddddd"
set border 3
set tics nomirror out
set logscale x
set xrange [2:100]
set samples 100
set key bottom right samplen 2
thin = '(($1 < 20 || int($1) % 5 == 0) ? $1 : NaN)'
points = 'with points pt 7 ps 0.5 lc rgb "#0072b2" title "layers"'
series = 'with lines lw 1.5 lc rgb "#d55e00" title "expansion to O(1/l)"'
leading = 'with lines dt 2 lw 1.5 lc rgb "#666666"'
set title "V/K^2, divided by l" noenhanced offset 0,-0.5
set yrange [0.2:0.75]
plot data using @thin:(column("V/K^2")/$1) @points, V(x)/x @series, 2./3 @leading title "2/3"
set title "B/Theta^2, divided by l" noenhanced
set yrange [0.1:0.5]
plot data using @thin:(column("B/Theta^2")/$1) @points, B(x)/x @series, \
    1./3 @leading title "1/3"
set xlabel "layer" offset 0,0.5
set title "F/(K Theta), divided by l" noenhanced
set yrange [0.1:0.3]
plot data using @thin:(column("F/(K Theta)")/$1) @points, F(x)/x @series, \
    1./4 @leading title "1/4"
set title "P/Theta^2, divided by l" noenhanced
set yrange [-0.12:-0.03]
set key top right
plot data using @thin:(column("P")/column("Theta")**2/$1) @points, P(x)/x @series, \
    -1./12 @leading title "-1/12"
unset multiplot
