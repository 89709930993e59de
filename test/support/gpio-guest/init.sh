#!/bin/sh
# The guest's first and only program: makes the machine usable, and runs /host/start.
export PATH=/usr/local/bin:/usr/bin:/bin HOME=/root NO_COLOR=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
for module in /modules/*; do insmod "$module"; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /host
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
cd /host
sh /host/start
echo "GUEST-EXIT $?"
poweroff -f
