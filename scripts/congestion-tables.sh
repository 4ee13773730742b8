#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the studies in Experiments/studies and writes Documentation/CongestionTables.md with its pictures.
# Finished studies are not run again: remove a folder in runs/studies to repeat one. Killed in the middle, it goes on
# with the runs that are missing. JOBS=2 scripts/congestion-tables.sh runs two at a time; what comes out is the same.
# STUDIES='distances regimes' leaves the others out. Arguments go to the study of distances, for example
# --algorithms cubic,nscc --only 'distance=10 km'; the command in the page says what they were.
# Budget: two core-hours in all; each study states its own.
set -eu
cd "$(dirname "$0")/.."
out=Documentation/CongestionTables.md
pictures=Documentation/pictures
jobs=${JOBS:-1}
mkdir -p runs/studies "$pictures"

study() { # NAME FILE [ARGUMENTS...]
  name=$1
  shift
  case " ${STUDIES:-$name} " in *" $name "*) ;; *) return 0 ;; esac
  folder=runs/studies/$name
  if [ ! -f "$folder/study.json" ]; then
    ./longhaul congestion "$@" --jobs "$jobs" --out "$folder" > "$folder.txt"
  fi
  cp "$folder/study.svg" "$pictures/congestion-$name.svg"
  {
    echo
    sed -n '1p' "$folder/study.md"
    echo
    command="./longhaul congestion"
    for argument in "$@"; do
      case $argument in *' '*) command="$command '$argument'" ;; *) command="$command $argument" ;; esac
    done
    echo "    $command"
    echo
    # A study of flows without an end has no completion times to picture.
    if grep -q '^### Losses' "$folder/study.md"; then
      echo "![Mean completion times over the reference's](pictures/congestion-$name.svg)"
      echo
    else
      rm "$pictures/congestion-$name.svg"
    fi
    sed '1,2d' "$folder/study.md"
  } >> "$out.partial"
}

cat scripts/congestion-tables.head.md > "$out.partial"
study distances Experiments/studies/distances.yaml "$@"
study short-flows Experiments/studies/short-flows.yaml
study regimes Experiments/studies/regimes.yaml
study without-telemetry Experiments/studies/without-telemetry.yaml
study inside-a-site Experiments/studies/inside-a-site.yaml
study long-lived Experiments/studies/long-lived.yaml
study distances-fluid Experiments/studies/distances.yaml --network fluid --scale 1 --only 'distance=100 km' \
  --only 'distance=1000 km' --only 'buffer=0.25 bdp' --only 'buffer=1 bdp' --only bottleneck=source --seeds 1,2,3
mv "$out.partial" "$out"
echo "wrote $out"
