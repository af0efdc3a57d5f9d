# SAP Cloud SDK's OData V2 client, generated from the $metadata that both services serve, compiled and run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
js=$WORK/cloudsdk
mkdir -p "$js/edmx" && cp "$here"/cloudsdk/* "$js"
[ -d "$js/node_modules/@sap-cloud-sdk/odata-v2" ] || npm --prefix "$js" install --silent --no-audit --no-fund
cp "$WORK/shop.edmx" "$WORK/ci.edmx" "$js/edmx"
cd "$js"
node_modules/.bin/generate-odata-client -i edmx -o generated --overwrite --skipValidation >generate.log 2>&1 || { cat generate.log; exit 1; }
node_modules/.bin/tsc -p . || exit 1
node out/test.js
