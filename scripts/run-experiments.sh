#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every experiment in Experiments and writes their tables to Documentation/ExperimentResults.md.
# Experiments that are finished in runs/experiments are not run again; remove a folder there to repeat one.
# About a quarter of a core-hour in all on two cores.
set -eu
cd "$(dirname "$0")/.."
out=Documentation/ExperimentResults.md
mkdir -p runs/experiments
{
  echo "# Results of the experiments"
  echo
  echo "Written by \`scripts/run-experiments.sh\`; each table is what the command above it prints."
} > "$out.partial"
for file in Experiments/*.yaml; do
  name=$(basename "$file" .yaml)
  folder=runs/experiments/$name
  if [ ! -f "$folder/table.txt" ]; then
    ./longhaul congestion "$file" --out "$folder" --force > "$folder.txt"
    mv "$folder.txt" "$folder/table.txt"
  fi
  {
    echo
    echo "## $name"
    echo
    sed -n 's/^# //p' "$file"
    echo
    echo "    ./longhaul congestion $file"
    echo
    grep -v '^Results in' "$folder/table.txt" | sed 's/^/    /;s/ *$//'
  } >> "$out.partial"
done
mv "$out.partial" "$out"
echo "wrote $out"
