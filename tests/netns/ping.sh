#!/bin/sh
# A ping through a switch with two veth devices, NORMAL switching.
#
#     sudo tests/netns/ping.sh [BUILD]
#
# BUILD is a build directory (default: build).  PREFIX, if set, is put before
# the names of database tools, so that another implementation's can be used.
set -eu
build=${1:-build}/src
vswitchd=${VSWITCHD:-$build/ovs-vswitchd}
tool() {
    name=$1
    shift
    if [ -n "${PREFIX:-}" ]; then "$PREFIX" "$name" "$@"; else "$build/$name" "$@"; fi
}
dir=$(mktemp -d /tmp/ovs-ping.XXXXXX)
export OVS_RUNDIR="$dir" OVS_LOGDIR="$dir" OVS_DBDIR="$dir" OVS_SYSCONFDIR="$dir"
n=ping$$
schema=${SCHEMA:-$(find "$build" -name vswitch.ovsschema | head -n 1)}
end() {
    for pid in "$dir"/*.pid; do
        [ -e "$pid" ] && kill "$(cat "$pid")" 2>/dev/null
    done
    for ns in sw a b; do ip netns del "$n-$ns" 2>/dev/null; done
    rm -rf "$dir"
}
trap end EXIT
for ns in sw a b; do ip netns add "$n-$ns"; done
for ns in a b; do
    ip -n "$n-sw" link add "p$ns" type veth peer name eth0 netns "$n-$ns"
    ip -n "$n-sw" link set "p$ns" up
    ip -n "$n-$ns" link set eth0 up
done
ip -n "$n-a" addr add 10.9.0.1/24 dev eth0
ip -n "$n-b" addr add 10.9.0.2/24 dev eth0

tool ovsdb-tool create "$dir/conf.db" "$schema"
tool ovsdb-server "$dir/conf.db" --remote="punix:$dir/db.sock" --pidfile --detach \
    --no-chdir --log-file -vconsole:off
tool ovs-vsctl --no-wait init
ip netns exec "$n-sw" "$vswitchd" "unix:$dir/db.sock" --pidfile --detach --no-chdir \
    --log-file -vconsole:off
tool ovs-vsctl --timeout=10 add-br br0 -- set bridge br0 datapath_type=netdev \
    -- add-port br0 pa -- add-port br0 pb
if ! ip netns exec "$n-a" ping -n -c 3 -i 0.2 -W 1 10.9.0.2; then
    cat "$dir/ovs-vswitchd.log"
    tool ovs-appctl dpif/show
    tool ovs-appctl dpif/dump-flows br0
    exit 1
fi
tool ovs-appctl dpif/show
tool ovs-appctl dpif/dump-flows br0
tool ovs-appctl fdb/show br0
