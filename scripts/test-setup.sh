#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests of scripts/setup.sh and ./longhaul, with a toolchain and a package manager that only pretend. ./check runs it.
set -u
here=$(cd -P "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/longhaul-setup-XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

# expect WHAT EXPECTED FOUND
expect() {
  [ "$2" = "$3" ] && return
  printf 'FAILED: %s\n  expected: %s\n  found:    %s\n' "$1" "$2" "$3" >&2
  failures=$((failures + 1))
}

# expect_text WHAT PART TEXT
expect_text() {
  [[ $3 == *"$2"* ]] && return
  printf 'FAILED: %s\n  expected text with: %s\n  found: %s\n' "$1" "$2" "$3" >&2
  failures=$((failures + 1))
}

executable() { cat >"$1" && chmod +x "$1"; }

# --- ./longhaul, in a checkout that holds nothing but the scripts; a space in the path on purpose

house="$work/a house"
mkdir -p "$house/Sources/longhaul" "$house/Agents/site" "$house/scripts" "$work/tools" "$work/bare" "$work/include/coin"
cp "$here/../longhaul" "$house/"
cp "$here/setup.sh" "$house/scripts/"
touch "$house/Package.swift" "$house/Sources/longhaul/main.swift" "$work"/include/{zmq,sqlite3,zlib,lzma,coin/Cbc_C_Interface}.h
executable "$work/tools/swift" <<'SWIFT'
#!/usr/bin/env bash
# Writes down how it was called, and "builds" a program that tells what it was given.
printf '%s\n' "$*" >>"$WORK/calls"
case "$*" in
  *--version) echo "Swift Package Manager - Swift ${VERSION:-6.3.1}" ;;
  *--product*)
    echo "[1/2] Compiling something"
    if [ -e "$WORK/broken" ]; then echo "main.swift:1:1: error: nonsense"; exit 1; fi
    for last; do :; done
    mkdir -p "$HOUSE/.build/release"
    printf '#!/bin/sh\necho "$0" in "$PWD" got "$@" >&1\nexit 7\n' >"$HOUSE/.build/release/$last"
    chmod +x "$HOUSE/.build/release/$last" ;;
esac
SWIFT
export WORK=$work HOUSE=$house CPATH=$work/include
unset CI
path=$work/tools:$PATH

# run ARGUMENTS... of ./longhaul in another folder; leaves `status`, `out`, `err` and `calls`
run() {
  : >"$work/calls"
  out=$(cd "$work/include" && PATH=$path "$house/longhaul" "$@" 2>"$work/err" </dev/null)
  status=$?
  err=$(<"$work/err")
  calls=$(grep -c product "$work/calls")
}

run --yes emulate 'two words'
expect "exit status passes through" 7 "$status"
expect "arguments and folder pass through" "$house/.build/release/longhaul in $work/include got emulate two words" "$out"
expect "both programs are built" 2 "$calls"
run trace --yes
expect "nothing is built twice" 0 "$(wc -l <"$work/calls")"
expect "a call that builds nothing is silent" "" "$err"
expect_text "--yes behind a command is the command's" "got trace --yes" "$out"
touch -d '2001-01-01' "$house/Sources/longhaul/main.swift"
run
expect "a file restored with its old time is built" 2 "$calls"
touch "$house/Sources/longhaul/more.swift"
run
expect "a new file is built" 2 "$calls"
rm "$house/Sources/longhaul/more.swift"
run
expect "a removed file is built" 2 "$calls"
touch "$house/Agents/site/main.swift"
run
expect "a changed agent is built" 2 "$calls"
rm "$house/.build/release/longhaul-site"
run
expect "a missing agent is built" 2 "$calls"
touch "$house/Package.swift" "$work/broken"
run
expect "a failed build ends with 1" 1 "$status"
expect_text "a failed build shows its errors" "error: nonsense" "$err"
expect "a failed build runs nothing" "" "$out"
rm "$work/broken"
run
expect "a failed build is repeated" 2 "$calls"
ln -s "$house/longhaul" "$work/tools/lh"
out=$(PATH=$path lh x 2>/dev/null)
expect_text "a symbolic link will do" "got x" "$out"
touch "$house/Package.swift"
: >"$work/calls"
for _ in 1 2 3; do (PATH=$path "$house/longhaul" >/dev/null 2>&1) & done
wait
expect "of three at once one builds" 2 "$(grep -c product "$work/calls")"
touch "$house/Package.swift"
VERSION=6.1 run
expect "an old toolchain ends with 2" 2 "$status"
expect_text "an old toolchain is named" "Swift 6.1" "$err"

for tool in bash env dirname readlink cat; do ln -s "$(command -v "$tool")" "$work/bare/$tool"; done
path=$work/bare run --yes emulate x
expect "no toolchain ends with 2" 2 "$status"
expect_text "no toolchain says what to install" "Install Swift 6.2 or newer" "$err"
(PATH=$work/bare "$here/../check" >/dev/null 2>"$work/err" </dev/null)
expect "./check without a toolchain ends with 2" 2 $?
expect_text "./check says the same" "Install Swift 6.2 or newer" "$(<"$work/err")"

# --- what is missing, in a system that pretends

executable "$work/tools/apt-get" <<'APT'
#!/usr/bin/env bash
printf 'apt-get %s\n' "$*" >>"$WORK/calls"
case " $* " in
  *" update "*) touch "$WORK/lists/mirror_Packages" ;;
  *" install "*)
    [ -e "$WORK/stale" ] && rm "$WORK/stale" && echo "E: 404" && exit 100
    [ -e "$WORK/no-such-package" ] && echo "E: Unable to locate package" && exit 100
    case "$*" in *libjs-chart.js*) touch "$WORK/system/chart.js" ;; esac
    case "$*" in *chromium*) touch "$WORK/system/chromium" ;; esac
    case "$*" in *python3-zmq*) printf '#!/bin/sh\n' >"$WORK/system/python3" && chmod +x "$WORK/system/python3" ;; esac
    touch "$WORK"/system/{zmq,sqlite3,zlib,lzma,coin/Cbc_C_Interface}.h ;;
esac
APT
executable "$work/tools/sudo" <<'SUDO'
#!/usr/bin/env bash
printf 'sudo %s\n' "$*" >>"$WORK/calls"
case $1 in -v | -n) [ ! -e "$WORK/refused" ] ;; *) exec "$@" ;; esac
SUDO
mkdir -p "$work/lists" "$work/system/coin" "$work/.build"

# pretend COMMANDS run after setup.sh was read; leaves `status`, `err` and `calls`
pretend() {
  : >"$work/calls"
  (
    root=$work program=longhaul CPATH=
    PATH=$work/tools:$PATH
    . "$here/setup.sh"
    header_folders=("$work/system") linker_files=("$work/system/stdlib.h") apt_lists=$work/lists
    python=$work/system/python3 chart_library=$work/system/chart.js
    has_browser() { [ -e "$work/system/chromium" ]; }
    is_root() { false; }
    on_terminal() { false; }
    eval "$1"
    install_missing
  ) >"$work/out" 2>"$work/err" <<<"${2-}"
  status=$?
  err=$(<"$work/err") calls=$(grep -c '^apt-get' "$work/calls")
}
empty() {
  rm -f "$work"/lists/* "$work"/system/*.h "$work"/system/coin/*.h "$work/refused" "$work/stale" "$work/no-such-package" \
    "$work/system/python3" "$work/system/chart.js" "$work/system/chromium"
  touch "$work/system/stdlib.h"
}

empty
pretend 'is_root() { true; }'
expect "root installs without being asked" 0 "$status"
expect_text "what is missing is said" "missing: zmq.h, sqlite3.h, zlib.h, lzma.h, coin/Cbc_C_Interface.h, Chart.js" "$err"
expect "empty lists are filled first" 2 "$calls"
expect "root needs no sudo" 0 "$(grep -c sudo "$work/calls")"
pretend 'is_root() { true; }'
expect "nothing is installed twice" "0 0" "$status $calls"
expect "nothing missing, nothing said" "" "$err"
expect "running needs no Python and no browser" 0 "$(grep -c 'python3-zmq\|chromium' "$work/calls")"
pretend 'is_root() { true; }; program=check'
expect "./check needs a browser and a Python with zmq" "0 1" "$status $calls"
expect_text "and says so" "missing: chromium, zmq for python3" "$err"
pretend 'is_root() { true; }; program=check'
expect "which is not installed twice" "0 0" "$status $calls"
empty
touch "$work/lists/old_Packages" "$work/stale"
pretend 'is_root() { true; }'
expect "old lists are renewed when a package is gone" "0 3" "$status $calls"
empty
touch "$work/no-such-package"
pretend 'is_root() { true; }'
expect "a failed installation ends with 1" 1 "$status"
expect_text "a failed installation shows why" "Unable to locate" "$err"
empty
pretend ':'
expect "without root and terminal nothing is installed" "2 0" "$status $calls"
expect_text "but the command is said" "sudo apt-get install libzmq3-dev libsqlite3-dev zlib1g-dev liblzma-dev coinor-libcbc-dev libjs-chart.js" "$err"
pretend 'on_terminal() { true; }' n
expect "no means no" "2 0" "$status $calls"
pretend 'on_terminal() { true; }' y
expect "yes means yes" "0 2" "$status $calls"
empty
touch "$work/refused"
pretend 'agreed=true'
expect "--yes without a terminal and with a password ends with 2" "2 0" "$status $calls"
pretend 'on_terminal() { true; }; agreed=true'
expect "a wrong password ends with 2" "2 0" "$status $calls"
empty
pretend 'on_terminal() { true; }; agreed=true'
expect "--yes on a terminal asks nothing" "0 2" "$status $calls"
empty
pretend 'command() { [ "$2" != apt-get ] && builtin command "$@"; }'
expect "a system without apt-get ends with 2" "2 0" "$status $calls"
expect_text "and says which libraries" "SQLite" "$err"
expect_text "all of them" "liblzma" "$err"

((failures == 0)) || { printf '%d of the tests of the scripts failed\n' "$failures" >&2; exit 1; }
