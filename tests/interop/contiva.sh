# Contiva's client of the Integration Suite APIs, from npm: OAuth with the secret in the query, CSRF token from the root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
js=$WORK/contiva
mkdir -p "$js" && cp "$here"/contiva/* "$js"
if [ ! -d "$js/node_modules/@contiva" ] && ! npm --prefix "$js" install --silent --no-audit --no-fund; then
    echo "interop: contiva skipped: its packages could not be installed from npm"
    exit 0
fi
python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])' "$js/hello" "$here/../../examples/hello"
node "$js/test.js" "$API" "$js/hello.zip"
