# sed -z: make gnuplot's SVG smaller, drawing the same: empty groups go, groups with the same
# attributes are joined, what all of them say is said once, and tenths of a pixel do.
s|<g [^>]*>\n</g>\n||g
s|\n\t</g>\n|</g>\n|g
s|\n\t*<text>|<text>|g
s|<tspan font-family="Helvetica" > *|<tspan>|g
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
s|<defs>|<style>.g{fill:none;color:black;stroke:currentColor}.w{stroke:currentColor;stroke-width:2}.t{stroke:none;fill:#555;font-family:Helvetica;font-size:15px}</style>\n<defs>|
