#!/bin/sh
# validate.sh TOOL ARGS...: runs a checker; 77 (skipped), saying why, where it is not installed.
tool=$1
shift
if ! command -v "$tool" >/dev/null; then
  echo "skipped: $tool is not installed"
  exit 77
fi
exec "$tool" "$@"
