#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches what Scenarios/five-markets.yaml reads into FOLDER: prices, carbon intensities and weather of five markets in
# 2023, and Microsoft's Philly trace. What is there already and has the right checksum is kept.
#
#   scripts/fetch-markets.sh FOLDER
#
# Sources and licences: Documentation/Energy.md. MARKETS_HOME and PHILLY_HOME name other places to fetch from.
set -euo pipefail

folder=${1:?usage: scripts/fetch-markets.sh FOLDER}
markets=${MARKETS_HOME:-https://raw.githubusercontent.com/HewlettPackard/sustain-cluster/293fbd152dae52a4b77fee50362b0b61641f16d1/data}
philly=${PHILLY_HOME:-https://raw.githubusercontent.com/petuum/adaptdl/c793c7089bd307462686339d29707925c461f9a9/simulator/traces/philly.csv}

# get URL FILE SHA256: downloads to FILE unless it is there; a wrong checksum (- for none) leaves nothing behind.
get() {
  local file=$folder/$2
  if [ -f "$file" ]; then
    if [ "$3" = - ] || echo "$3  $file" | sha256sum --check --status; then
      echo "kept     $2" >&2
      return
    fi
  fi
  mkdir -p "$(dirname "$file")"
  echo "fetching $2" >&2
  curl --fail --silent --show-error --location --retry 3 --output "$file.part" "$1"
  if [ "$3" != - ] && ! echo "$3  $file.part" | sha256sum --check --status; then
    rm "$file.part"
    echo "fetch-markets: the checksum of $1 is not $3: the file there has changed" >&2
    exit 1
  fi
  mv "$file.part" "$file"
}

while read -r zone price carbon weather; do
  get "$markets/electricity_prices/processed/$zone/2023/${zone}_electricity_prices_2023.csv" \
    "prices/hpe-sustain-2023/${zone}_electricity_prices_2023.csv" "$price"
  get "$markets/carbon_intensity/$zone/2023/${zone}_2023_hourly.csv" \
    "carbon/electricitymaps-2023/${zone}_2023_hourly.csv" "$carbon"
  get "$markets/weather/$zone/2023.json" "weather/openmeteo-2023/${zone}_2023.json" "$weather"
done <<'FILES'
US-CAL-CISO fab46036ae7e8b08a67f456aba900e575893072eb6de1098421af329696b2291 44bafab775c6b0d4762b1dc971eb293cfea154f80799a5230f9268d32e1ad55b d183ba0333304aa5d7d69cf0c52b85f3a7020e914b1462c3135422d83dc3e73b
US-TEX-ERCO bab2bef95b21d29d6e0d5a6f3014afaf489b3bc6752ac460e7acc92a2095a5d2 e98066048a85422d39c877ffd281d1612d698b40e2c355a00ed0a49acaba2954 9b30bae3594be4dff31c173ae371361d0b164c91fb3bed40b5508a9a93f82e7b
US-MIDA-PJM c50ecf376d24cd4c0b311026f6f6eff7a4ba1f76db273a73fcc3a675edca9587 b9fe324ac94935d6b4db2855232964620387aa0021901a72a17f0af58eaf1513 d8bc65a1669be67adfb3d1c206b74f8a37184b780c87dc97fef3edaf75db7f8f
DE-LU fa210df29420414bf22289646544e3a0c52efe152ac9fc8b3b3bf875cdd301f0 b6040328169313ca91b28806f3d69191cb6c035f45a7bcdd338a7c090d914dcb 8cbcb5482579889e7f93abcf74e80453b520e47dfc3b84c275d365ba39333089
CA-ON 9872aeef26d2efc951477562c223a235c72117f653e283b08de7cff631cd5d5f 1c51237bcb27289e7b87250b63b994ad97ef4ad369dd6cd999cc1e60ceb68dc7 268610a642e403dfc246b65fa80a898e72c915e3aa0503a5799cd2e84250181f
FILES
# Other editions of this trace hold more months; the scenario cuts its week out of any of them.
get "$philly" jobs/philly-derived/philly-to-2017-10.csv -
echo "ready:   longhaul emulate Scenarios/five-markets.yaml --set data=$folder" >&2
