#!/usr/bin/env bash
# Installs, builds, harmonizes data/ and says where the results lie. Run again, it skips what is done.
set -euo pipefail
cd "$(dirname "$0")/.."

bash apps/install-packages.sh
cmake --preset release >/dev/null
cmake --build --preset release --target isolux

isolux=build/release/bin/isolux
out=demo-output
"$isolux" harmonize data/demo.tsv "$out/heads" --resume --jobs 2
"$isolux" harmonize data/photos "$out/photos" --pipeline data/pipelines/photos.json --resume --jobs 2
"$isolux" harmonize data/photos "$out/light" --pipeline data/pipelines/multi-scale-retinex.json --resume --jobs 2
"$isolux" harmonize data/microscopy "$out/tiles" --pipeline data/pipelines/stack-illumination.json --resume

# One scanner learned from two of its heads, and all four brought to it: in two shards, as two machines would.
"$isolux" fit data/heads/ixi013_T1w.nii.gz data/heads/ixi072_T1w.nii.gz --output "$out/ixi.json" --min-cases 2 --force
for shard in 1/2 2/2; do
  "$isolux" harmonize data/demo.tsv "$out/to-ixi" --reference "$out/ixi.json" --shard "$shard" --resume
done
"$isolux" gather "$out/to-ixi"

cat <<EOF

Results:
  $PWD/$out/heads/report.html    four heads of three scanners, before and after: open it in a browser
  $PWD/$out/heads/manifest.tsv   a row for each volume
  $PWD/$out/heads/heads/         harmonized volumes, each with a sidecar (.json) that tells how and can undo it
  $PWD/$out/photos/report.html   the same for 2-D pictures, grey and colour
  $PWD/$out/light/report.html    pictures under even light, by multi-scale retinex
  $PWD/$out/tiles/report.html    microscope tiles, divided by the flat-field that they share
  $PWD/$out/ixi.json             what fit learned of one scanner
  $PWD/$out/to-ixi/report.html   all heads with that scanner's histogram
EOF
