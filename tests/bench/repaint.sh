#!/bin/sh
# Opacity, threshold and colours on a canvas of 3840 x 2160: milliseconds until the frame is painted, by cairo, in the
# environment in which the program starts itself (src/base/environment.c).
#   tests/bench/repaint.sh BUILD
build=${1:-build}
ninja -C "$build" tests/bench-repaint >/dev/null || exit 1
GSK_RENDERER=cairo GTK_A11Y=none GOMP_SPINCOUNT=1000 GLIBC_TUNABLES=glibc.malloc.hugetlb=1 xvfb-run -a -s '-screen 0 3840x2160x24' "$build/tests/bench-repaint"
