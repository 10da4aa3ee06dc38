# Shared by ./run, ./test and .ci/run: which Debian packages are needed, and how they get installed.

build_packages="gcc g++ meson ninja-build pkgconf gettext libglib2.0-dev libglib2.0-dev-bin libgtk-4-dev libadwaita-1-dev
libdnnl-dev libopenblas-dev libvips-dev libopenslide-dev libdcmtk-dev libopenjp2-7-dev zlib1g-dev libjson-glib-dev libpng-dev libtiff-dev libcairo2-dev libpango1.0-dev libseccomp-dev
linux-libc-dev adwaita-icon-theme librsvg2-common fonts-cantarell libgtk-4-bin desktop-file-utils"
test_packages="libvips-tools xvfb xauth dbus xdotool libonnx-testdata appstream libxml2-utils poppler-utils
at-spi2-core libatspi2.0-dev"

# Installs what is missing of the packages named; says what it does.
need_packages () {
  missing=""
  for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are missing, and apt-get is not here to install them:$missing" >&2
    return 1
  fi
  root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "These packages are missing; install them as root:$missing" >&2
      return 1
    fi
    root="sudo"
  fi
  echo "Installing Debian packages:$missing"
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
    $root apt-get update -q >/dev/null
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
  }
}

# set_up FOLDER [MESON OPTIONS]: configures a build folder once.
set_up () {
  folder=$1
  shift
  if [ ! -f "$folder/build.ninja" ]; then
    meson setup "$folder" "$@" >"$folder.log" 2>&1 || {
      cat "$folder.log" >&2
      rm -rf "$folder" "$folder.log"
      return 1
    }
    rm -f "$folder.log"
  fi
}

build () {
  ninja -C "$1" >"$1/build.log" 2>&1 || {
    cat "$1/build.log" >&2
    return 1
  }
}
