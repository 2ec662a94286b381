#!/usr/bin/env bash
# Prints a plot of measured points as SVG: tools/plot.sh TITLE X-NAME Y-NAME <POINTS
#
# POINTS: a line "X Y SERIES" for each point, or "- Y NAME" for a horizontal line, such as a target; those of a series are
# joined in their order. X has a logarithmic scale, Y begins at 0.
set -euo pipefail
[ $# = 3 ] || { echo 'usage: tools/plot.sh TITLE X-NAME Y-NAME <POINTS' >&2; exit 2; }
LC_ALL=C awk -v title="$1" -v x_name="$2" -v y_name="$3" '
    function rest(  text) { text = $0; sub(/^[^ ]+ [^ ]+ /, "", text); return text }
    function at_x(x) { return 70 + (log(x) - low) / (high - low) * 560 }
    function at_y(y) { return 350 - y / most * 300 }
    function grouped(n,  text) {
        text = sprintf("%.0f", n)
        while (match(text, /[0-9][0-9][0-9][0-9](,|$)/)) text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
        return text
    }
    function put(x, y, text, more) { printf "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, more, text }
    { y[NR] = $2; x[NR] = $1; name[NR] = rest(); if ($2 > top) top = $2 }
    $1 != "-" {
        if (!count++ || log($1) < low) low = log($1)
        if (log($1) > high) high = log($1)
        if (!(rest() in number)) { number[rest()] = ++series; label[series] = rest() }
    }
    END {
        split("#1f5fa8 #b3541e #2c7a4b #7a3f98", color, " ")
        low -= 0.2; high += 0.2
        step = 1
        while (top / step > 8) step *= (++turn % 3 == 2) ? 2.5 : 2
        most = (int(top / step) + 1) * step
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"660\" height=\"430\" font-family=\"sans-serif\" font-size=\"12\">"
        print "<rect width=\"660\" height=\"430\" fill=\"white\"/>"
        put(330, 24, title, "text-anchor=\"middle\" font-size=\"15\"")
        put(350, 392, x_name, "text-anchor=\"middle\"")
        put(70, 42, y_name, "text-anchor=\"middle\"")
        for (v = 0; v <= most; v += step) {
            printf "<line x1=\"70\" x2=\"630\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", at_y(v), at_y(v)
            put(64, at_y(v) + 4, grouped(v), "text-anchor=\"end\"")
        }
        for (p = 1; p < 1e12; p *= 10)
            for (k = 1; k <= 2; k++) {
                v = k == 1 ? p : 3 * p
                if (log(v) < low || log(v) > high) continue
                printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"350\" y2=\"355\" stroke=\"#444\"/>\n", at_x(v), at_x(v)
                put(at_x(v), 370, grouped(v), "text-anchor=\"middle\"")
            }
        for (i = 1; i <= NR; i++)
            if (x[i] == "-") {
                printf "<line x1=\"70\" x2=\"630\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#888\" stroke-dasharray=\"6 4\"/>\n", at_y(y[i]), at_y(y[i])
                put(628, at_y(y[i]) - 4, name[i], "text-anchor=\"end\" fill=\"#555\"")
            } else {
                k = number[name[i]]
                path[k] = path[k] sprintf("%s%.1f,%.1f", path[k] == "" ? "" : " ", at_x(x[i]), at_y(y[i]))
                printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n", at_x(x[i]), at_y(y[i]), color[(k - 1) % 4 + 1]
            }
        for (k = 1; k <= series; k++) {
            printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path[k], color[(k - 1) % 4 + 1]
            printf "<rect x=\"%d\" y=\"404\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", 70 + (k - 1) * 145, color[(k - 1) % 4 + 1]
            put(88 + (k - 1) * 145, 415, label[k], "")
        }
        print "</svg>"
    }'
