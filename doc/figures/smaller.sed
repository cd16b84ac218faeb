# sed -z: make gnuplot's SVG smaller, drawing the same: empty groups go, groups with the same
# attributes are joined, what all of them say is said once, and tenths of a pixel do.
s|<g [^>]*>\n</g>\n||g
s|\n\t</g>\n|</g>\n|g
s|\n\t*<text>|<text>|g
s|<tspan font-family="Helvetica" > *\([^<]*\)</tspan>|\1|g
s|fill="none" color="black" stroke="currentColor" stroke-width="1.00" stroke-linecap="butt" stroke-linejoin="miter"|class="g"|g
s|stroke="currentColor" stroke-width="2.00" stroke-linecap="butt" stroke-linejoin="miter"|class="w"|g
s|stroke="none" fill="rgb(85,85,85)" font-family="Helvetica" font-size="15.00" *|class="t" |g
s| class="gridline"||g
s|rgb(221, 221, 221)|#ddd|g
s|rgb( 85,  85,  85)|#555|g
s|\([0-9]\.[0-9]\)[0-9]\([ ,)']\)|\1\2|g
s| *'/>|'/>|g
s|\(<path stroke='#ddd' *d='[^']*'/>\)</g>\n<g class="g">\n|\1\n|g
s|</text></g>\n</g>\n<g class="g">\n|</text></g>\n|g
s|\(color='[^']*'/>\)\n</g>\n<g fill="none" color="[^"]*" class="w">\n|\1\n|g
s|<g id="gnuplot_plot[^>]*><title>[^<]*</title>|<g>|g
s|fill="none" color="[a-z]*" class="w"|class="w"|g
s|rgb( *\([0-9]*\), *\([0-9]*\), *\([0-9]*\))|rgb(\1,\2,\3)|g
s|rgb(0,0,0)|#000|g
s|rgb(213,94,0)|#d55e00|g
s|rgb(0,114,178)|#0072b2|g
s|rgb(0,158,115)|#009e73|g
s|rgb(204,121,167)|#cc79a7|g
s|rgb(230,159,0)|#e69f00|g
s|rgb(86,180,233)|#56b4e9|g
s|#FFFFFF'|#fff'|g
s|class="t" *text-anchor="end"|class="t e"|g
s|class="t" *text-anchor="middle"|class="t m"|g
s|<g \(transform="[^"]*" class="t [em]"\)><text>\([^<]*\)</text></g>|<text \1>\2</text>|g
s|</text>\n</g>\n<g class="g">\n|</text>\n|g
s|\t<[a-z]* [^\n]*id='gpPt[0-47-9]'[^\n]*\n||g
s|\t<[a-z]* [^\n]*id='gpPt1[0-9]'[^\n]*\n||g
s|gpPt|p|g
s|  *d='| d='|g
s|\([0-9]\)\s*\([LM][0-9]\)|\1\2|g
s|/>\t<|/><|g
s|>\n\t*<|>\n<|g
s|<defs>|<style>.g{fill:none;color:black;stroke:currentColor}.w{fill:none;stroke:currentColor;stroke-width:2}.t{stroke:none;fill:#555;font-family:Helvetica;font-size:15px}.e{text-anchor:end}.m{text-anchor:middle}</style>\n<defs>|
