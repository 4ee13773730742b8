#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Feeds every reader of traces with bytes made up by libFuzzer, under AddressSanitizer.
#
#   scripts/fuzz-readers.sh [SECONDS] [READER...]      60 s for each reader unless said otherwise
#
# A crash, a hang of more than 10 s, more than 1 GB of memory, or an account that does not add up ends the script with 1
# and leaves the input in .build/fuzz/findings. What was interesting is kept in .build/fuzz/corpus and built upon.
set -euo pipefail
root=$(cd -P "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
seconds=60
if [[ ${1-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
all=(native requests philly philly-json pai pai-sim pai-gaia openb helios acme swf azure-llm mooncake burstgpt columns auto
  packed)
readers=("$@")
((${#readers[@]})) || readers=("${all[@]}")
for reader in "${readers[@]}"; do
  if [[ " ${all[*]} " != *" $reader "* ]]; then
    echo "fuzz-readers: there is no reader '$reader'; there are: ${all[*]}" >&2
    exit 2
  fi
done

build=${LONGHAUL_FUZZ_BUILD:-$root/.build/fuzz}
mkdir -p "$build/findings"
modules=(-I "$build" -Xcc "-fmodule-map-file=$root/Sources/CZlib/module.modulemap"
  -Xcc "-fmodule-map-file=$root/Sources/CLZMA/module.modulemap")
flags=(-swift-version 6 -O -wmo -parse-as-library -sanitize=fuzzer,address "${modules[@]}")
echo "fuzz-readers: building" >&2
objects=()
for module in Quantities Simulation Workload; do
  swiftc "${flags[@]}" -c -module-name "$module" -emit-module -emit-module-path "$build/$module.swiftmodule" \
    "$root/Sources/$module"/*.swift -o "$build/$module.o"
  objects+=("$build/$module.o")
done
# The linker has much to say of AddressSanitizer's own symbols.
if ! swiftc "${flags[@]}" -module-name ReadTrace "$root/Tests/Fuzzing/ReadTrace.swift" "${objects[@]}" \
  -o "$build/read-trace" >"$build/link.log" 2>&1; then
  grep -v 'Cannot export local symbol' "$build/link.log" >&2
  exit 1
fi

# Seeds of the packings: the native one as gzip, xz and tar.
seeds() {
  local reader=$1 folder=$2
  mkdir -p "$folder"
  if [ "$reader" != packed ]; then
    cp "$root/Tests/Fuzzing/Seeds/$reader" "$folder/seed"
    return
  fi
  gzip -c "$root/Tests/Fuzzing/Seeds/native" >"$folder/seed.gz"
  if command -v xz >/dev/null; then xz -c "$root/Tests/Fuzzing/Seeds/native" >"$folder/seed.xz"; fi
  tar --format=ustar -C "$root/Tests/Fuzzing/Seeds" --transform 's/$/.csv/' -cf "$folder/seed.tar" native
}

# A crash is expected to be looked at afterwards, not to be explained at length here.
export SWIFT_BACKTRACE=enable=no
failed=0
for reader in "${readers[@]}"; do
  corpus=$build/corpus/$reader
  seeds "$reader" "$corpus"
  echo "fuzz-readers: $reader, $seconds s" >&2
  status=0
  LONGHAUL_FUZZ=$reader "$build/read-trace" "$corpus" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
    -max_len=16384 -print_final_stats=1 -artifact_prefix="$build/findings/$reader-" >"$build/$reader.log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$reader.log")
  if ((status)); then
    failed=1
    echo "fuzz-readers: $reader FAILED; the end of $build/$reader.log:" >&2
    tail -n 30 "$build/$reader.log" >&2
  else
    echo "$reader: ${runs:-?} inputs, nothing found"
  fi
done
exit "$failed"
