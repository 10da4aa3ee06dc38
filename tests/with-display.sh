#!/bin/sh
# Runs a test program with a display, a session bus and a home of its own, and nothing of the user's.
# What is missing is a skip with its name.
for tool in xvfb-run dbus-run-session; do
  if ! command -v "$tool" >/dev/null; then
    echo "1..0 # SKIP $tool is not installed"
    exit 0
  fi
done
home=$(mktemp -d) || exit 1
# The one line that is left out a bus says that has no right to raise its limits.
say_errors () { grep -v 'Failed to set fd limit' "$home/errors" >&2; }
trap 'rm -rf "$home"' EXIT
# Killed because it took too long, it still says what was said.
trap 'say_errors; exit 143' TERM
mkdir -p "$home/.config/gtk-4.0" "$home/run"
chmod 700 "$home/run"
# Screenshots shall show the end of every transition.
printf '[Settings]\ngtk-enable-animations=0\ngtk-font-name=Cantarell 11\n' >"$home/.config/gtk-4.0/settings.ini"
export HOME="$home" XDG_RUNTIME_DIR="$home/run" XDG_CONFIG_HOME="$home/.config" XDG_DATA_HOME="$home/data" XDG_CACHE_HOME="$home/cache"
# Drawn by cairo; and Mesa unloads its driver with memory that a leak checker can then not account for.
export GSK_RENDERER=cairo GDK_DEBUG=gl-disable
unset WAYLAND_DISPLAY DISPLAY DBUS_SESSION_BUS_ADDRESS
# Standard output is the test's alone; what services of the bus print there is not.
xvfb-run -a -s '-screen 0 1400x900x24' dbus-run-session -- sh -c 'exec "$@" >&3 3>&-' sh "$@" 3>&1 >/dev/null 2>"$home/errors"
status=$?
say_errors
exit $status
