#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures the fluid level against the packet level and writes Documentation/FluidAccuracy.md.
# What is finished in runs/fluid-accuracy is not run again; remove a folder there to repeat one.
# Another program than ./longhaul can be named in LONGHAUL_BIN. About ten minutes of a core.
set -eu
cd "$(dirname "$0")/.."
program=${LONGHAUL_BIN:-./longhaul}
out=Documentation/FluidAccuracy.md
notes=Documentation/FluidAccuracy.notes
runs=runs/fluid-accuracy
mkdir -p "$runs"
for shape in single-bottleneck parking-lot incast; do
  for distance in 10 100 1000; do
    name=fluid-$shape-$distance
    if [ ! -f "$runs/$name/table.txt" ]; then
      "$program" congestion "Experiments/$name.yaml" --against packet --jobs 1 --force --out "$runs/$name" \
        > "$runs/$name.txt"
      mv "$runs/$name.txt" "$runs/$name/table.txt"
    fi
  done
done
{
  sed -n '/^# Top$/,/^# Notes/p' "$notes" | sed '1d;$d'
  for shape in single-bottleneck parking-lot incast; do
    for distance in 10 100 1000; do
      name=fluid-$shape-$distance
      echo
      echo "## $name"
      echo
      sed -n 's/^# //p' "Experiments/$name.yaml" | head -2
      echo
      echo "    ./longhaul congestion Experiments/$name.yaml --against packet --jobs 1"
      echo
      sed -n '/^Algorithm/,/^$/p' "$runs/$name/table.txt" | sed '/^$/d;s/^/    /'
      echo
      # The reason beside each line that is not within its tolerance.
      awk -v experiment="$name" '
        FNR == NR {
          if ($0 == "# Notes") { reading = 1; next }
          if (reading && split($0, part, "\t") == 3) { shape[++n] = part[1]; who[n] = part[2]; why[n] = part[3] }
          next
        }
        /^Algorithm/ { rows = 1; next }
        /^$/ { rows = 0 }
        rows && (/ differs / || / apart / || / unfinished /) {
          text = "no reason is known."
          for (i = n; i >= 1; i--) if (experiment ~ shape[i] && $0 ~ "^" who[i]) { text = why[i]; break }
          title = $1
          if ($2 ~ /^\(/) title = title " " $2
          print "- `" title "`: " text
        }' "$notes" "$runs/$name/table.txt"
    done
  done
} > "$out.partial"
mv "$out.partial" "$out"
echo "wrote $out"
