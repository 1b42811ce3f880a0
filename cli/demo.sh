#!/usr/bin/env bash
# The main job from end to end, on a fresh appliance in a temporary folder: a document is
# sealed with a key inside the HSM, kept, verified, found in a client's history, and its
# receipt is checked offline. Stops and removes whatever it made.
#
#   cli/demo.sh build/release/bin
set -euo pipefail

bin=$(cd "$1" && pwd)
work=$(mktemp -d)
home=$work/appliance
server=

cleanup() {
  local status=$?
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  if [ "$status" != 0 ] && [ -f "$home/edocvaultd.log" ]; then tail -n 20 "$home/edocvaultd.log" >&2; fi
  rm -rf "$work"
}
trap cleanup EXIT

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
edocvault() { "$bin/edocvault" "$@" --home "$home"; }
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# Runs a command and insists on its exit code.
expect() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  if [ "$status" != "$wanted" ]; then
    echo "demo: exit code $status instead of $wanted from: $*" >&2
    exit 1
  fi
}

step '1. Make an appliance: a software HSM, keys that cannot leave it, test certificates'
edocvault init --dev

step '2. Start it: supervisor, front, keyholder, inspector, courier, and the emulator of TSA and OCSP'
mkfifo "$work/ready"
"$bin/edocvault" serve --home "$home" > "$work/ready" &
server=$!
read -r line < "$work/ready"
echo "$line"

step '3. Two documents of an agency'
printf 'Lēmums Nr. 1\n\nBūvatļauja piešķirta.\n' > "$work/lēmums.txt"
printf 'pielikums;vērtība\nplatība;120\n' > "$work/pielikums.csv"
ls -1 "$work"/*.txt "$work"/*.csv

step '4. Seal both into one .edoc, with P-256 at level T and RSA-3072 at level LT'
edocvault sign "$work/lēmums.txt" "$work/pielikums.csv" --key seal-p256 --level T --out "$work/t.edoc"
edocvault sign "$work/lēmums.txt" --key seal-rsa3072 --level LT --out "$work/lt.edoc"

step '5. Verify offline. Nothing is trusted here, so intact means INDETERMINATE (exit code 2)'
expect 2 edocvault verify "$work/t.edoc"
expect 2 edocvault verify "$work/lt.edoc"

step '6. The service has fetched the trusted lists of the test authority: by them the seal is a qualified one'
edocvault trust fetch
edocvault trust show current
edocvault verify "$work/lt.edoc" --trust-snapshot current

step '7. Seal at level LTA: an archive time-stamp over documents, signature and all that proves it'
edocvault sign "$work/lēmums.txt" "$work/pielikums.csv" --key seal-p384 --level LTA --out "$work/lta.edoc" \
  --role 'Būvvaldes vadītāja' --city Rīga --country LV --commitment approval
edocvault verify "$work/lta.edoc" --trust-snapshot current

step '8. A container that another program made, extended to LTA: no byte of it is touched'
emulator="http://127.0.0.1:$(sed -n 's/^emulator_port = //p' "$home/client.toml")"
python3 "$(dirname "$0")/demo_twin.py" "$emulator" "$work"
expect 2 edocvault verify "$work/twin.edoc" --trust-snapshot current
edocvault extend "$work/twin.edoc" --out "$work/twin-lta.edoc"
edocvault verify "$work/twin-lta.edoc" --trust-snapshot current

step '9. A signature in two steps: prepared here, its value made by a key elsewhere, completed here'
prepared=$(edocvault prepare "$work/lēmums.txt" --certificate "$work/person.der" "$home/authority/issuing.der" --level LT \
  --out "$work/data-to-sign" --json)
openssl dgst -sha256 -sign "$work/person.key" -out "$work/value" "$work/data-to-sign"
edocvault complete "$(field id <<< "$prepared")" --value "$work/value" --out "$work/two-step.edoc"
edocvault verify "$work/two-step.edoc" --trust-snapshot current

step '10. A batch: thirty decisions, a container for each, and one time-stamp that proves them all'
mkdir "$work/decisions"
for i in $(seq 30); do echo "Lēmums Nr. $i" > "$work/decisions/lēmums-$i.txt"; done
edocvault batch "$work"/decisions/*.txt --level B --evidence-records --out "$work/sealed"
expect 2 edocvault verify "$work/sealed/lēmums-7.txt.edoc" --evidence-record "$work/sealed/lēmums-7.txt.edoc.ers"

step '11. The TSA is away: sealed at level B now, LT as soon as it is back'
emulator=http://127.0.0.1:$(sed -n 's/^emulator_port = //p' "$home/client.toml")
curl -sf -H 'Content-Type: application/json' -d '{"tsa":"down"}' "$emulator/switch" > "$work/switched"
later=$(edocvault sign "$work/lēmums.txt" --level LT --later --out "$work/now.edoc" --json)
curl -sf -H 'Content-Type: application/json' -d '{"tsa":"ok"}' "$emulator/switch" > "$work/switched"
edocvault completion "$(field completion <<< "$later")" --out "$work/then.edoc"
edocvault verify "$work/then.edoc" --trust-snapshot current

step '12. One changed byte in a document: TOTAL-FAILED (exit code 1)'
python3 - "$work/t.edoc" "$work/changed.edoc" <<'EOT'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as source, zipfile.ZipFile(sys.argv[2], "w") as target:
    for item in source.infolist():
        target.writestr(item, source.read(item).replace(b"Nr. 1", b"Nr. 2"))
EOT
expect 1 edocvault verify "$work/changed.edoc"

step '13. Keep a document for a client: sealed, encrypted, in the ledger, with a receipt'
stored=$(edocvault store "$work/lēmums.txt" --client PK:320000-00000 --key seal-p256 --receipt "$work/receipt" --json)
echo "$stored"
id=$(field id <<< "$stored")

step '14. The platform reads the client'"'"'s history, and says why'
edocvault history --client PK:320000-00000 --purpose 'the client opened the portal'

step '15. Read it back. Who looked is on record, and the client may see it'
edocvault get "$id" --out "$work/back.edoc" --purpose 'copy for the archive'
expect 2 edocvault verify "$work/back.edoc"
edocvault history --client PK:320000-00000 --purpose 'the client asked who looked' --accesses

step '16. Stop the service; check the receipt with nothing but the vault'"'"'s public key'
kill "$server" && wait "$server" || true
server=
cp "$home/vault.vkey" "$work/vault.vkey"
edocvault receipt verify "$work/receipt" --key "$work/vault.vkey" --document "$work/back.edoc"
expect 1 edocvault receipt verify "$work/receipt" --key "$work/vault.vkey" --document "$work/t.edoc"

step 'What you saw'
cat <<EOT
- Containers sealed by keys that were made inside the token and cannot leave it; each was built with
  a throw-away key and checked before the token was asked, and checked again before it was released.
- A signature that another program made, carried on by an archive time-stamp; and one whose value
  came from a key elsewhere.
- Thirty documents in one order, proven by one time-stamp; and a seal that was completed when the
  TSA was back.
- Trusted lists fetched from their publisher, verified behind walls, kept by their hash; the
  service verifies by them, and says how old they are (GET /v1/trust).
- A document kept encrypted under a key of its own, its entry in a Merkle log whose head the
  token signed; a receipt that anyone can check offline, and that refuses another document.
- A history, newest first, in which every read is itself an entry.
Everything ran on this machine; what was started is stopped, and the folder is removed.
EOT
