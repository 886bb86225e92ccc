# A pinned protocol compiler, for the scripts that source this file after install.sh.

drivers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

needs() {
  local program
  for program; do
    command -v "$program" >/dev/null || { echo "there is no \`$program\`" >&2; exit 3; }
  done
}

install_protoc() {
  install_python "$drivers/protoc.txt" "$1"
  # By the place where it stands: it is moved when it is complete.
  printf '#!/bin/sh\nexec "${0%%/*}/python" -m grpc_tools.protoc "$@"\n' >"$1/bin/protoc"
  chmod +x "$1/bin/protoc"
}

# Where it is.
protoc() {
  local target
  target=$(installation protoc python3 "$drivers/protoc.txt")
  install_once "$target" install_protoc && echo "$target/bin/protoc"
}
