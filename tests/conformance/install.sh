# Installs pinned packages once per recipe, for the scripts that source this file.
#
# Installs below ${XDG_CACHE_HOME:-$HOME/.cache}/fanion-providers. The first use needs a network, later ones do not.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/fanion-providers

# The directory of an installation: installation NAME INTERPRETER FILE...
# Its name depends on the files (the recipe) and the version of the interpreter.
installation() {
  local name=$1 interpreter=$2
  shift 2
  echo "$cache/$name-$(cat "$@" <("$interpreter" --version) | cksum | tr ' ' -)"
}

# Runs an installer in a staging directory, which is renamed when it is complete. The rename is atomic, so no
# incomplete installation is used, and the first of two concurrent runs wins: install_once DIRECTORY COMMAND...
install_once() {
  local target=$1 staging
  shift
  [[ ! -d $target ]] || return 0
  mkdir -p "$cache"
  staging=$(mktemp -d "$cache/staging.XXXXXX")
  "$@" "$staging" >&2 || { rm -rf "$staging"; return 1; }
  mv -T "$staging" "$target" 2>/dev/null || rm -rf "$staging"
  [[ -d $target ]]
}

# Python packages as a virtual environment: install_python REQUIREMENTS DIRECTORY
install_python() {
  python3 -m venv "$2"
  "$2/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$1"
}

# Node packages: install_node DIRECTORY_OF_THE_RECIPE DIRECTORY
install_node() {
  cp "$1"/{package.json,package-lock.json,.npmrc} "$2"
  (cd "$2" && npm ci --loglevel=error)
}

# Both steps, which print the directory: python_packages NAME REQUIREMENTS, node_packages NAME DIRECTORY_OF_THE_RECIPE
python_packages() {
  local target
  target=$(installation "$1" python3 "$2")
  install_once "$target" install_python "$2" && echo "$target"
}

node_packages() {
  local target
  target=$(installation "$1" node "$2"/{package.json,package-lock.json,.npmrc})
  install_once "$target" install_node "$2" && echo "$target"
}
