# SPDX-License-Identifier: Apache-2.0
# What ./longhaul and ./check share: find what is missing, install it, build with a bar. Sourced, never run.
#
# Everything here speaks on standard error; standard output belongs to the command that is run in the end.
# The sourcing script sets `root` to the folder of the repository and `program` to its own name.

bin=$root/.build/release
log=$root/.build/longhaul-build.log
stamp=$root/.build/longhaul-built
oldest_swift=6.2
header_folders=(/usr/local/include /usr/include /usr/include/*-linux-gnu)
linker_files=(/usr/lib/gcc/*/*/libstdc++.so)
apt_lists=/var/lib/apt/lists
chart_library=/usr/share/javascript/chart.js/chart.min.js
python=/usr/bin/python3
# Whether the first argument was --yes.
agreed=false

say() { printf '%s\n' "$*" >&2; }

# stop STATUS TEXT...
stop() {
  local status=$1
  shift
  say "$program: $*"
  exit "$status"
}

is_root() { [ "$EUID" -eq 0 ]; }
on_terminal() { [ -t 0 ] && [ -t 2 ]; }

# --- the toolchain

say_how_to_get_swift() {
  cat >&2 <<'TEXT'
Install Swift 6.2 or newer, for example on Debian 12 with swift.org's own installer:
    apt-get install curl ca-certificates gnupg        (as root, or with sudo)
    curl -O "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz"
    tar zxf "swiftly-$(uname -m).tar.gz"
    ./swiftly init
Other ways and other systems: https://www.swift.org/install/linux/
When 'swift --version' works in this shell, run the same command again.
TEXT
}

need_swift() {
  command -v swift >/dev/null && return
  say "$program: there is no Swift toolchain: 'swift' is not in PATH."
  say_how_to_get_swift
  exit 2
}

# Whether version $1 is at least version $2; both are MAJOR.MINOR with or without more.
is_at_least() {
  local a b
  IFS=. read -r -a a <<<"$1"
  IFS=. read -r -a b <<<"$2"
  ((a[0] > b[0] || (a[0] == b[0] && ${a[1]:-0} >= ${b[1]:-0})))
}

need_working_swift() {
  local answer
  if ! answer=$(swift build --version 2>&1); then
    say "$answer"
    say "$program: the Swift toolchain at $(command -v swift) does not start; the lines above are its own."
    say "Most often it misses a library of the system: https://www.swift.org/install/linux/ lists them for each system."
    exit 2
  fi
  if [[ $answer =~ Swift\ ([0-9]+\.[0-9]+) ]] && ! is_at_least "${BASH_REMATCH[1]}" "$oldest_swift"; then
    say "$program: Swift ${BASH_REMATCH[1]} at $(command -v swift) is too old."
    say_how_to_get_swift
    exit 2
  fi
}

# --- libraries

has_header() {
  local folder folders
  IFS=: read -r -a folders <<<"${CPATH:-}:${C_INCLUDE_PATH:-}"
  for folder in "${header_folders[@]}" "${folders[@]}"; do
    [ -n "$folder" ] && [ -e "$folder/$1" ] && return 0
  done
  return 1
}

has_browser() { command -v chromium >/dev/null; }

# Debian's own Python, which its packages are for; another one may come first in PATH.
has_python_zmq() { "$python" -c 'import zmq' 2>/dev/null; }

# Fills `missing` (what is not there) and `packages` (the Debian packages that bring it).
find_missing() {
  missing=() packages=()
  local entry
  for entry in zmq.h=libzmq3-dev sqlite3.h=libsqlite3-dev zlib.h=zlib1g-dev lzma.h=liblzma-dev \
    coin/Cbc_C_Interface.h=coinor-libcbc-dev; do
    has_header "${entry%=*}" || missing+=("${entry%=*}") packages+=("${entry#*=}")
  done
  command -v git >/dev/null || missing+=(git) packages+=(git)
  # Charts of reports; where there is no Debian package, reports have tables alone, and say so.
  if command -v apt-get >/dev/null && [ ! -e "$chart_library" ]; then missing+=(Chart.js) packages+=(libjs-chart.js); fi
  # Tests look at reports in a browser and ask policies in Python; running needs neither.
  if [ "$program" = check ] && ! has_browser; then missing+=(chromium) packages+=(chromium); fi
  if [ "$program" = check ] && ! has_python_zmq; then missing+=("zmq for python3") packages+=(python3-zmq); fi
  # What any Swift program links with. Other systems keep it elsewhere, so only Debian and its kin are asked.
  if command -v apt-get >/dev/null; then
    [ -e "${linker_files[0]}" ] && has_header stdlib.h || missing+=("libstdc++ and stdlib.h") packages+=(g++)
  fi
}

joined() {
  local text
  printf -v text '%s, ' "$@"
  printf '%s' "${text%, }"
}

install_missing() {
  find_missing
  ((${#missing[@]})) || return 0
  say "$program: missing: $(joined "${missing[@]}")"
  if ! command -v apt-get >/dev/null; then
    say "This system has no apt-get. Install with its own package manager the development files of"
    say "    ZeroMQ 4.3 or newer   (zmq.h: zeromq-devel on Fedora, zeromq on Arch, zeromq-dev on Alpine)"
    say "    COIN-OR Cbc 2.10      (coin/Cbc_C_Interface.h: coin-or-Cbc-devel on Fedora, coin-or-cbc on Arch)"
    say "    SQLite 3.35 or newer  (sqlite3.h: sqlite-devel on Fedora, sqlite on Arch, sqlite-dev on Alpine)"
    say "    zlib 1.2 or newer     (zlib.h: zlib-devel on Fedora, zlib on Arch, zlib-dev on Alpine)"
    [ "$program" != check ] || say "    pyzmq for $python      (python3-pyzmq on Fedora, python-pyzmq on Arch, py3-pyzmq on Alpine)"
    say "    liblzma 5.2 or newer  (lzma.h: xz-devel on Fedora, xz on Arch, xz-dev on Alpine)"
    say "and git. Headers in unusual places are found through CPATH. Then run the same command again."
    exit 2
  fi
  local sudo=()
  is_root || sudo=(sudo)
  local command="${sudo[*]:+sudo }apt-get install ${packages[*]}"
  if ! is_root; then may_use_sudo "$command"; fi
  say "$program: running '$command'"
  # A fresh image has no lists; old lists name files that are gone from the mirrors.
  local fresh=false
  compgen -G "$apt_lists/*_Packages*" >/dev/null || fresh=true
  if $fresh; then apt_get update || apt_failed "$command"; fi
  if ! apt_get install -y --no-install-recommends "${packages[@]}"; then
    $fresh && apt_failed "$command"
    apt_get update || apt_failed "$command"
    apt_get install -y --no-install-recommends "${packages[@]}" || apt_failed "$command"
  fi
  find_missing
  ((${#missing[@]} == 0)) || stop 1 "still missing after '$command': $(joined "${missing[@]}")"
}

# Returns if sudo may be used and works; otherwise says the command and ends with 2.
may_use_sudo() {
  local advice="Run this, then the same command again:
    $1"
  if ! command -v sudo >/dev/null; then stop 2 "there is no sudo here. As root: ${1#sudo }"; fi
  if on_terminal; then
    if ! $agreed; then
      local reply
      read -r -p "Run '$1' now? [Y/n] " reply || reply=n
      case $reply in '' | [Yy]*) ;; *) stop 2 "nothing was installed. $advice" ;; esac
    fi
    # Asked now, so that the question does not hide behind the bar.
    sudo -v || stop 2 "sudo was refused. $advice"
  else
    $agreed && sudo -n true 2>/dev/null && return
    stop 2 "root is needed, and there is no terminal to ask on. $advice"
  fi
}

apt_get() {
  with_bar "apt-get $1" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@"
}

apt_failed() {
  tail -n 20 "$log" >&2
  stop 1 "'$1' failed; the lines above are its own. The whole log: $log"
}

# --- a bar

# with_bar TITLE COMMAND... runs a command; its output goes to the log, what it is doing to standard error once it has
# taken a second. Returns the command's status.
with_bar() {
  local title=$1
  shift
  printf '\n--- %s\n' "$title" >>"$log"
  # In the foreground, so that an interrupt reaches the command as well.
  "$@" 2>&1 </dev/null 9>&- | draw "$title"
  return "${PIPESTATUS[0]}"
}

# Copies standard input to the log and shows how far it is, by lines that begin with [DONE/TOTAL].
draw() {
  local title=$1 line='' piece='' status done=0 total=0 what='' begun=$SECONDS seconds next=2 text last=''
  local bars='####################' blanks='                    ' position
  while true; do
    IFS= read -r -t 0.5 piece
    status=$?
    line+=$piece
    if ((status <= 128)); then
      if ((status == 0)) || [ -n "$line" ]; then printf '%s\n' "$line" >>"$log"; fi
      ((status == 0)) || break
      if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ *(.*) ]]; then
        done=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]} what=${BASH_REMATCH[3]}
      fi
      line=''
    fi
    seconds=$((SECONDS - begun))
    ((seconds >= 1)) || continue
    text="$title"
    ((total > 0)) && text+=" $done/$total"
    if [ ! -t 2 ]; then
      # Plain lines, seldom.
      if ((seconds >= next)); then
        say "$text, $(duration "$seconds")"
        next=$((seconds + 15))
      fi
      continue
    fi
    if ((total > 0)); then
      position=$((20 * done / total))
      text="[${bars:0:position}${blanks:position}] $text, $(duration "$seconds")  ${what:0:24}"
    else
      # Nobody says how much there is: a block that moves.
      position=$((seconds % 17))
      text="[${blanks:0:position}####${blanks:position+4}] $text, $(duration "$seconds")"
    fi
    if [ "$text" != "$last" ]; then
      printf '\r\033[K%s' "${text:0:79}" >&2
      last=$text
    fi
  done
  if [ -n "$last" ]; then printf '\r\033[K' >&2; fi
}

duration() {
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# --- building

# Whether the programs are those of the sources, as of the last build that succeeded.
#
# The time of change of the inode is compared, not that of the content: files that are moved, restored or copied with
# their old times count as well, and folders change when a file in them comes or goes.
is_current() {
  local built inputs=("$root/Sources" "$root/Agents" "$root/Package.swift")
  [ -x "$bin/longhaul" ] && [ -x "$bin/longhaul-site" ] || return 1
  { IFS= read -r built <"$stamp"; } 2>/dev/null || return 1
  [ "$built" = "$(command -v swift)" ] || return 1
  [ ! -e "$root/Package.resolved" ] || inputs+=("$root/Package.resolved")
  [ -z "$(find "${inputs[@]}" -cnewer "$stamp" -print -quit)" ]
}

# Takes the lock of this checkout, so that two callers do not build at once, and starts a new log.
lock_build() {
  mkdir -p "$root/.build" && exec 9>"$root/.build/longhaul-lock" || stop 1 "cannot write to $root/.build"
  if command -v flock >/dev/null && ! flock -n 9; then
    say "$program: another build of this checkout is going on"
    local begun=$SECONDS
    until flock -w 1 9; do
      if [ -t 2 ]; then printf '\r\033[Kwaiting for it, %s' "$(duration $((SECONDS - begun)))" >&2; fi
    done
    if [ -t 2 ]; then printf '\r\033[K' >&2; fi
  fi
}

unlock_build() { exec 9>&-; }

# build TITLE ARGUMENTS... of swift; ends with 1 if it fails.
build() {
  local title=$1
  shift
  with_bar "$title" swift "$@" && return
  local status=$?
  ((status < 128)) || exit "$status"
  tail -n 40 "$log" >&2
  stop 1 "$title failed; the lines above are the end of $log"
}

build_programs() {
  local begun=$SECONDS
  build "fetching packages" package --package-path "$root" resolve
  # As of now: what changes while the compiler works is built the next time.
  command -v swift >"$stamp.new"
  build "building longhaul" build --package-path "$root" -c release --product longhaul
  build "building the site agent" build --package-path "$root" -c release --product longhaul-site
  mv -f "$stamp.new" "$stamp"
  if ((SECONDS - begun > 2)); then say "$program: built in $(duration $((SECONDS - begun)))"; fi
}

# Everything that building needs, installed if it is not there.
prepare() {
  : >"$log"
  install_missing
  need_working_swift
}
