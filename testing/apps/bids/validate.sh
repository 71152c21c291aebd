#!/usr/bin/env bash
# Harmonizes a small BIDS dataset and has raw data and derivatives judged by the BIDS validator: the schema-based one,
# which knows derivatives, as it lies in the npm package, run by Deno, also from npm. No error is accepted.
# Exit code 77: it cannot be installed here.
#   validate.sh ISOLUX-BIDS FOLDER     FOLDER keeps the validator, pinned, and the datasets
set -euo pipefail
program=$(realpath "$1")
folder=$2
heads=$(cd "$(dirname "$0")/../../../data/heads" && pwd)
mkdir -p "$folder" && cd "$folder"

version=1.15.0
sum=819d145132c1b792f79ee84b89afd57ef2b939a334ca84c13c9bc6982e2c950f320f3a5a9d664e1c7052f8f02e6b4ae243b0b06b9d47111fc59ddf6fd7b30753
validator=bids-validator-$version.mjs
deno=node_modules/.bin/deno
if ! [ -e "$validator" ] || ! [ -x "$deno" ]; then
  command -v npm >/dev/null || { echo "SKIPPED: npm is not installed, so the BIDS validator is not either"; exit 77; }
  npm pack --silent "bids-validator@$version" >/dev/null &&
    npm install --silent --prefix . --no-save --package-lock=false --no-audit --no-fund --ignore-scripts deno@2.2.0 ||
    { echo "SKIPPED: npm cannot install the BIDS validator; is there a network?"; exit 77; }
  echo "$sum  bids-validator-$version.tgz" | sha512sum --check --quiet
  tar xOf "bids-validator-$version.tgz" package/dist/validator/bids-validator.js >"$validator"
fi

# Prints its errors, and the kinds of its warnings; fails where there are errors.
judge() {
  # It may read, and nothing else: no network, no file written.
  DENO_NO_UPDATE_CHECK=1 "$deno" run --no-prompt --allow-read --allow-env "$validator" --json "$1" >judgement.json || true
  node -e '
    const { issues: { issues }, summary } = JSON.parse(require("fs").readFileSync("judgement.json"));
    const errors = issues.filter((issue) => issue.severity === "error");
    const warnings = new Set(issues.filter((issue) => issue.severity === "warning").map((issue) => issue.code));
    console.log(`${process.argv[1]}: ${summary.subjects.length} subjects, ${errors.length} errors;`,
                `warned of ${[...warnings].join(", ")}`);
    for (const { code, subCode, location } of errors) console.log(`  ${code} ${subCode ?? ""} ${location}`);
    process.exit(errors.length ? 1 : 0);' "$1"
}

rm -rf raw outside
number=0
for head in ixi013 ixi072 philips; do
  number=$((number + 1))
  mkdir -p "raw/sub-0$number/anat"
  cp "$heads/${head}_T1w.nii.gz" "raw/sub-0$number/anat/sub-0${number}_T1w.nii.gz"
done
for session in 1 2; do
  mkdir -p "raw/sub-04/ses-$session/anat"
  cp "$heads/uih770_T1w.nii.gz" "raw/sub-04/ses-$session/anat/sub-04_ses-${session}_acq-fast_run-1_T1w.nii.gz"
done
cat >raw/dataset_description.json <<'JSON'
{ "Name": "Four heads", "BIDSVersion": "1.8.0", "DatasetType": "raw", "License": "mixed", "Authors": [ "A", "B" ] }
JSON
echo "Heads of four persons from three scanners, reduced in size, to try programs on; see data/README.md of Isolux for origin and licence of each of them." >raw/README
printf 'participant_id\tsite\nsub-01\tlondon\nsub-02\tlondon\nsub-03\tmagdeburg\nsub-04\tother\n' >raw/participants.tsv
echo '{ "site": { "Description": "where the images were made" } }' >raw/participants.json
echo '{ "MagneticFieldStrength": 3 }' >raw/T1w.json
echo '{ "Manufacturer": "UIH" }' >raw/sub-04/ses-2/anat/sub-04_ses-2_acq-fast_run-1_T1w.json

judge raw
for out in raw/derivatives/isolux outside; do
  "$program" raw "$out" participant --participant-label 01 02 --nprocs 1 >/dev/null &
  "$program" raw "$out" participant --participant-label 03 04 --nprocs 1 >/dev/null
  wait $!
  judge "$out"
  "$program" raw "$out" group --min-cases 1 >/dev/null
  judge "$out"
done
judge raw

# It would have seen what is missing.
sed -i '/"SkullStripped"/d' outside/sub-01/anat/sub-01_desc-harmonized_T1w.json
sed -i 's/"GeneratedBy"/"Generators"/' outside/dataset_description.json
mv outside/sub-02/anat/sub-02_desc-harmonized_T1w.nii.gz outside/sub-02/anat/sub-02_T1w_harmonized.nii.gz
if judge outside >errors.txt; then
  echo "the validator accepts a derivative that breaks the rules: it checks nothing" && exit 1
fi
for expected in "SkullStripped" "GeneratedBy" "sub-02_T1w_harmonized"; do
  grep -q "$expected" errors.txt || { echo "the validator overlooks $expected:" && cat errors.txt && exit 1; }
done
echo "and it finds each of three broken rules"
