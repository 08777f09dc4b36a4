#!/usr/bin/env bash
# Installs the package in a booted systemd of its own, and breaks things there: `make test-systemd`.
#
# The machine is a throw-away overlay of this one's root, without a network. Stripe is batchsim, inside.
# Usage: run.sh PACKAGE NEXT: two versions of the package.
set -euo pipefail

skip() { echo "test-systemd: SKIPPED: $*"; exit 0; }
die() { echo "test-systemd: FAILED: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || skip 'a machine can only be booted by root'
command -v systemd-nspawn >/dev/null || skip 'there is no systemd-nspawn (systemd-container)'
package=$(realpath "$1") next=$(realpath "$2")

place=$(mktemp -d /tmp/batchd-systemd.XXXXXX)
nspawn='' leader=''
finish() {
  status=$?
  [ $status = 0 ] || [ -z "$leader" ] || {
    echo '--- the journal of batchd, last lines ---'
    in_it journalctl -u batchd -u batchd.socket -n 40 --no-pager -q || true
  } >&2
  [ -z "$leader" ] || nsenter -t "$leader" -a systemctl poweroff --force >/dev/null 2>&1 || true
  [ -z "$nspawn" ] || { for _ in $(seq 100); do kill -0 "$nspawn" 2>/dev/null || break; sleep 0.1; done
    kill "$nspawn" 2>/dev/null || true; wait "$nspawn" 2>/dev/null || true; }
  umount "$place/root" 2>/dev/null || true
  umount "$place" 2>/dev/null || true
  rmdir "$place" 2>/dev/null || true
}
trap finish EXIT

mount -t tmpfs -o size=4g tmpfs "$place" 2>/dev/null || skip 'nothing can be mounted here'
mkdir -p "$place"/{upper,work,root,packages}
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root" 2>/dev/null ||
  skip 'there is no overlay file system here'
cp "$package" "$place/packages/first.deb"
cp "$next" "$place/packages/next.deb"
rm -f "$place/root/etc/machine-id" && touch "$place/root/etc/machine-id"
rm -rf "$place"/root/{etc/batchd,var/lib/batchd,etc/credstore}
# It would forbid a package to restart what it upgrades.
rm -f "$place/root/usr/sbin/policy-rc.d"

systemd-nspawn -q -D "$place/root" -M "batchd-$$" --register=no --keep-unit --console=pipe --resolv-conf=off \
  --link-journal=no --private-network --bind-ro="$place/packages:/srv/packages" -b systemd.unit=basic.target \
  </dev/null >"$place/console" 2>&1 &
nspawn=$!

in_it() { nsenter -t "$leader" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"; }
# Waits for a fact; the limit only ends a test that has failed.
await() {
  what=$1; shift
  for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  die "in vain: $what"
}
booted() {
  leader=$(pgrep -P "$nspawn" | head -1) && [ -n "$leader" ] &&
    in_it systemctl is-active basic.target >/dev/null
}
for _ in $(seq 300); do booted 2>/dev/null && break; kill -0 "$nspawn" 2>/dev/null || break; sleep 0.1; done
booted 2>/dev/null || { tail -5 "$place/console" >&2; leader=''; skip 'this host boots no systemd'; }

ok() { echo "  ok: $*"; }
property() { in_it systemctl show batchd -p "$1" --value; }
is() { [ "$(property "$1")" = "$2" ] || die "$1 is $(property "$1"), not $2"; }
ctl() { in_it batchctl "$@"; }
as_nobody() { in_it setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
rows() { seq "$1" "$2" | sed "s/.*/{\"id\":\"r-&\",\"path_params\":{\"customer\":\"cus_&\"},\"params\":{\"name\":\"Ada\"}}/"; }
succeeded() { ctl show "$1" -o json | tr -d ' \n' | grep -q "\"succeeded\":$2,"; }
simulate() { in_it curl -sSf "http://127.0.0.1:12111/_sim/$1" "${@:2}"; }

in_it env DEBIAN_FRONTEND=noninteractive dpkg -i /srv/packages/first.deb >"$place/dpkg" 2>&1 || { cat "$place/dpkg"; die 'dpkg -i'; }
is ActiveState inactive
[ "$(in_it systemctl is-enabled batchd || true)" = disabled ] || die 'the package enabled the service'
[ "$(in_it stat -c '%U:%G %a' /etc/batchd)" = 'root:batchd 750' ] || die "/etc/batchd: $(in_it stat -c '%U:%G %a' /etc/batchd)"
ok 'installed, and neither started nor enabled'

in_it systemctl start batchd 2>/dev/null && die 'it started without a key'
is Result exit-code
is ExecMainStatus 2
is NRestarts 0
in_it journalctl -u batchd -q --no-pager | grep -q 'there is no .*stripe-api-key' || die 'the log does not name the key'
ok 'without a key it ends with 2, says so, and is not restarted'

in_it systemd-run -q --unit=batchsim batchsim serve --listen 127.0.0.1:12111 --time-scale 60 --rps 50
await 'the simulator answers' simulate clock
in_it install -d -m 0700 /etc/credstore
in_it sh -c 'umask 077; echo sk_test_machine > /etc/credstore/stripe-api-key'
in_it tee /etc/batchd/conf.d/site.yaml >/dev/null <<'YAML'
queues:
  site: {endpoint: POST /v1/customers/:customer, max_rows_per_job: 5000}
YAML
in_it sed -i -e 's,https://api.stripe.com,http://127.0.0.1:12111,' -e 's,min: 5s,min: 200ms,' \
  -e 's,max: 10m},max: 1s},' -e 's,min_free: 2GB,min_free: 1MB,' /etc/batchd/batchd.yaml
in_it systemctl reset-failed
in_it systemctl enable -q --now batchd
is ActiveState active
is SubState running
in_it batchctl status >/dev/null || die 'it was not ready when systemd said so'
await 'a STATUS= line' sh -c "nsenter -t $leader -a systemctl show batchd -p StatusText --value | grep -q 'Nothing to do'"
[ "$(in_it stat -c '%U:%G %a' /run/batchd/batchd.sock)" = 'batchd:batchd 660' ] || die 'the socket is not the one of the unit'
[ "$(in_it stat -c '%U %a' /var/lib/batchd)" = 'batchd 700' ] || die 'the state directory is not its own'
ok 'with a key it starts, is ready when systemd says so, and tells what it does'

rows 1 3000 | in_it tee /root/rows.jsonl >/dev/null
ctl submit site /root/rows.jsonl --wait >/dev/null || die 'a workload'
ctl audit >/dev/null || die 'its audit'
ctl events -o json | grep -q '"user":"root"' || die 'the history does not say who'
status=0; as_nobody batchctl status >/dev/null 2>&1 || status=$?
[ $status = 6 ] || die "a stranger got $status"
ok 'a workload runs, the history says who submitted it, and strangers are kept out'

in_it systemctl stop batchd 2>/dev/null
is ActiveState inactive
in_it test -S /run/batchd/batchd.sock || die 'the socket went away with the service'
ctl status >/dev/null || die 'nobody answers at the socket'
is ActiveState active
ok 'stopped, it is started by the first call at its socket'

pid=$(property MainPID)
in_it sed -i 's,site:,renamed:,' /etc/batchd/conf.d/site.yaml
in_it systemctl reload batchd || die 'a good reload'
await 'the new queue' sh -c "nsenter -t $leader -a batchctl list queues | grep -q renamed"
in_it sh -c 'echo "queues: {broken: {endpont: GET /}}" > /etc/batchd/conf.d/zz.yaml'
in_it systemctl reload batchd || true
await 'a complaint' sh -c "nsenter -t $leader -a journalctl -u batchd -q --no-pager | grep -q endpont"
ctl list queues | grep -q renamed || die 'a bad reload changed something'
in_it rm /etc/batchd/conf.d/zz.yaml
in_it sed -i 's,renamed:,site:,' /etc/batchd/conf.d/site.yaml
in_it systemctl reload batchd
await 'the old queue' sh -c "nsenter -t $leader -a batchctl list queues | grep -q site"
is MainPID "$pid"
ok 'a good configuration is taken over by a reload, and a bad one changes nothing'

job=$(ctl list jobs -o json | head -1 | sed 's/.*"id":"\([^"]*\)".*/\1/')
in_it journalctl -q --no-pager -o cat "BATCHD_JOB=$job" >"$place/lines"
grep -q "^settled" "$place/lines" || { cat "$place/lines"; die "the journal has no line of its end under BATCHD_JOB=$job"; }
in_it journalctl -q --no-pager -o cat -p warning "BATCHD_JOB=$job" >"$place/lines"
[ ! -s "$place/lines" ] || die "a job that went well has warnings: $(cat "$place/lines")"
ok 'the journal finds the lines of a job by its field, and their priority'

in_it mkdir -p /run/systemd/system/batchd.service.d
in_it sh -c 'printf "[Unit]\nStartLimitIntervalSec=0\n[Service]\nWatchdogSec=5s\nRestartSec=100ms\n" > /run/systemd/system/batchd.service.d/test.conf'
in_it systemctl daemon-reload
in_it systemctl restart batchd
pid=$(property MainPID)
in_it kill -STOP "$pid"
await 'another process in its place' sh -c "nsenter -t $leader -a systemctl show batchd -p MainPID -p SubState | tr '\n' ' ' | grep running | grep -vq 'MainPID=$pid '"
in_it journalctl -u batchd -q --no-pager | grep -q 'Watchdog timeout' || die 'it was not the watchdog'
ctl status >/dev/null
restarts=$(property NRestarts)
ok 'frozen, it is killed by the watchdog and started again'

sleep 12
is NRestarts "$restarts"
ok 'idle, it answers the watchdog'
in_it rm /run/systemd/system/batchd.service.d/test.conf
in_it systemctl daemon-reload
in_it systemctl restart batchd

rows 10001 30000 | in_it tee /root/more.jsonl >/dev/null
ctl submit site /root/more.jsonl >/dev/null
await 'jobs run' sh -c "nsenter -t $leader -a batchctl list jobs -o json | grep -q '\"state\":\"in_progress\"\|\"processing\"\|\"validating\"'"
in_it kill -KILL "$(property MainPID)"
ctl wait w2 --timeout 120s >/dev/null 2>&1 || ctl wait w2 --timeout 120s >/dev/null || die 'it did not go on after a crash'
ctl audit >/dev/null || die 'the audit after a crash'
[ "$(simulate 'ledger?min_executions=2' | grep -c .)" = 0 ] || die 'rows were executed twice'
ok 'killed while jobs run, it is started again, and each row is executed once'

simulate faults -H 'Content-Type: application/json' -o /dev/null -d '{"wire":[{"on":"upload","action":"delay","delay_ms":4000}]}'
rows 40001 42000 | in_it tee /root/slow.jsonl >/dev/null
ctl submit site /root/slow.jsonl >/dev/null
await 'a file is on its way' sh -c "nsenter -t $leader -a batchctl list batches -o json | grep -q '\"uploading\"'"
in_it systemctl stop batchd 2>/dev/null
is Result success
is ExecMainStatus 0
simulate faults -X DELETE -o /dev/null
in_it systemctl start batchd
ctl wait w3 --timeout 120s >/dev/null || die 'it did not go on after a stop'
ctl audit >/dev/null || die 'the audit after a stop'
[ "$(simulate 'ledger?min_executions=2' | grep -c .)" = 0 ] || die 'rows were executed twice'
ok 'stopped in the middle of an upload, it ends in good order and goes on'

in_it systemctl stop batchd.socket batchd 2>/dev/null
in_it mount -t tmpfs -o size=64m,mode=0700,uid="$(in_it id -u batchd)",gid="$(in_it id -g batchd)" tmpfs /var/lib/batchd
in_it systemctl start batchd.socket batchd
in_it sh -c 'dd if=/dev/zero of=/var/lib/batchd/ballast bs=1M 2>/dev/null; true'
status=0; ctl submit site /root/rows.jsonl >/dev/null 2>&1 || status=$?
[ $status = 5 ] || die "a submission on a full disk got $status"
is ActiveState active
in_it rm /var/lib/batchd/ballast
ctl submit site /root/rows.jsonl --wait >/dev/null || die 'it did not go on when there was space'
in_it systemctl stop batchd.socket batchd 2>/dev/null
in_it umount /var/lib/batchd
in_it systemctl start batchd.socket batchd
ok 'a full disk refuses work and ends nothing'

rows 50001 130000 | in_it tee /root/upgrade.jsonl >/dev/null
ctl submit site /root/upgrade.jsonl >/dev/null
await 'jobs run' sh -c "nsenter -t $leader -a batchctl list jobs -o json | grep -q '\"state\":\"in_progress\"\|\"processing\"\|\"validating\"'"
pid=$(property MainPID)
journal_of_new() { in_it journalctl -q --no-pager -o cat "_PID=$(property MainPID)" | grep "$1" >/dev/null; }
( while [ ! -e "$place/upgraded" ]; do
    ctl status >/dev/null 2>>"$place/refused" || echo refused >>"$place/refused"
    echo asked >>"$place/asked"
  done ) &
asking=$!
in_it env DEBIAN_FRONTEND=noninteractive dpkg -i /srv/packages/next.deb >"$place/dpkg" 2>&1 || { cat "$place/dpkg"; die 'the upgrade'; }
touch "$place/upgraded"; wait $asking
is ActiveState active
[ "$(property MainPID)" != "$pid" ] || die 'the old program still runs'
[ ! -s "$place/refused" ] || die "$(grep -c refused "$place/refused") of $(wc -l <"$place/asked") calls failed during the upgrade: $(cat "$place/refused")"
await 'the look at what runs' journal_of_new 'recovered batches='
journal_of_new 'recovered batches=.* jobs=[1-9]' || die 'no job was in flight: the test shows nothing'
ctl wait w4 --timeout 300s >/dev/null || die 'the workload did not survive the upgrade'
ctl audit >/dev/null || die 'the audit after the upgrade'
[ "$(simulate 'ledger?min_executions=2' | grep -v 'cus_[0-9]\{1,4\}"' | grep -c .)" = 0 ] || die 'rows were executed twice'
ok "upgraded with jobs in flight: nothing is lost, and all $(wc -l <"$place/asked") calls meanwhile were answered"

in_it env DEBIAN_FRONTEND=noninteractive dpkg --purge batchd >"$place/dpkg" 2>&1 || { cat "$place/dpkg"; die 'the purge'; }
in_it test -e /var/lib/batchd/batchd.db || die 'the purge deleted the records without asking'
in_it test ! -e /etc/batchd/batchd.yaml || die 'the purge left the configuration'
grep -q 'was kept' "$place/dpkg" || die 'the purge does not say what it kept'
in_it env DEBIAN_FRONTEND=noninteractive dpkg -i /srv/packages/next.deb >"$place/dpkg" 2>&1
in_it sh -c 'echo "batchd batchd/purge-records boolean true" | debconf-set-selections'
in_it env DEBIAN_FRONTEND=noninteractive dpkg --purge batchd >"$place/dpkg" 2>&1 || { cat "$place/dpkg"; die 'the second purge'; }
in_it test ! -e /var/lib/batchd || die 'the purge did not delete what it was told to'
ok 'a purge keeps the records and the archive unless it is told otherwise'
echo 'test-systemd: passed'
