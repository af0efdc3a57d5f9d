# OpenUI5's sources of npm, loaded file by file, in Debian's Chromium.
set -eu
here=$(dirname "$0")
command -v chromium >/dev/null || { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
mkdir -p "$WORK/js"
[ -d "$WORK/js/node_modules/@openui5/sap.ui.core" ] || npm --prefix "$WORK/js" install --silent --no-audit --no-fund @openui5/sap.ui.core
node "$here/ui5/serve.mjs"
