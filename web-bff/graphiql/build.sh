#!/bin/sh
# Builds GraphiQL into web-bff/assets/graphiql, where the edge embeds it.
# The same sources and lock file give the same bytes.
set -eu
cd "$(dirname "$0")"
out=../assets/graphiql

npm ci --no-audit --no-fund --ignore-scripts
rm -rf dist
npx --no-install vite build

# Everything but the page, the licences and the fonts that are compressed already.
find dist/assets -type f ! -name '*.woff2' -exec gzip -9n {} +

rm -rf "$out"
mkdir -p "$out"
cp -R dist/. "$out/"
rm -rf dist
du -sk "$out"
