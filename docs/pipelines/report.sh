#!/bin/sh
# report.sh STATUS COMMENT [FILE...]: tells a work item how a build went: adds a comment and files, then
# changes its status. Needs curl. Environment: DEVOPS_URL (https://tidemill.example.com), DEVOPS_USER,
# DEVOPS_PASSWORD, WORK_ITEM (guid).
set -eu
status=$1 comment=$2
shift 2
service="$DEVOPS_URL/sap/opu/odata/SALM/EXT_DEVOPS_INTEG_SRV"
item="$service/WorkItemSet(guid=guid'$WORK_ITEM')"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# in double quotes, for JSON and for curl's files
escaped() {
    printf '%s' "$1" | LC_ALL=C tr '[:cntrl:]' ' ' | sed 's/[\\"]/\\&/g'
}
# not on the command line, where other users of the machine could read it
printf 'user = "%s:%s"\n' "$(escaped "$DEVOPS_USER")" "$(escaped "$DEVOPS_PASSWORD")" >"$work/logon"

call() {
    curl --silent --show-error --fail-with-body --config "$work/logon" --cookie "$work/cookies" --cookie-jar "$work/cookies" \
        -H 'Accept: application/json' "$@"
}

call -D "$work/head" -o "$work/item" -H 'x-csrf-token: Fetch' "$item"
token=$(tr -d '\r' <"$work/head" | awk 'tolower($1) == "x-csrf-token:" { print $2 }')

call -o "$work/answer" -H "x-csrf-token: $token" -H 'Content-Type: application/json' \
    --data "{\"textType\":\"S105\",\"textContent\":\"$(escaped "$comment")\"}" "$item/toWIText"
for file; do
    call -o "$work/answer" -H "x-csrf-token: $token" -H 'Content-Type: application/octet-stream' \
        -H "Slug: $(basename "$file" | sed 's/%/%25/g; s/ /%20/g')" --data-binary "@$file" "$item/toWIAttachment"
done
if ! call -o "$work/answer" -H "x-csrf-token: $token" -X POST \
    "$service/ChangeStatus?userStatus='$status'&guid=guid'$WORK_ITEM'"; then
    cat "$work/answer" >&2
    exit 1
fi
echo "work item $WORK_ITEM: $status"
