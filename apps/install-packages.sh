#!/usr/bin/env bash
# Installs what building and testing need, from Debian 12's packages, as root or with sudo. Does nothing where all is there.
# install-packages.sh browser: also what the report is tested with in a browser, where these commands are not there yet.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache
  libinsighttoolkit5-dev libboost-program-options-dev nlohmann-json3-dev libdeflate-dev libisal-dev libxxhash-dev libssl-dev libpng-dev libtiff-dev libhdf5-dev libexpat1-dev zlib1g-dev
  libkainjow-mustache-dev libpugixml-dev libgtest-dev libbenchmark-dev libxml2-utils
  libvtk9-dev xvfb xauth libgl1-mesa-dri # of the viewer; xvfb is the display that its tests and --screenshot draw on
)
if [ "${1:-}" = browser ]; then
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
  command -v chromium >/dev/null || packages+=(chromium)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
