# pyodata of PyPI, in an environment of its own.
set -eu
here=$(dirname "$0")
if [ ! -f "$WORK/venv/ready" ]; then
    python3 -m venv "$WORK/venv"
    "$WORK/venv/bin/pip" -q install pyodata requests
    touch "$WORK/venv/ready"
fi
"$WORK/venv/bin/python" "$here/test_pyodata.py" "$MOCK" "$API"
