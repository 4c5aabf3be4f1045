# Boots systemd as the first process of a place of its own: an overlay of this machine's files, own processes, mounts, network and
# cgroups. It knows the product's units and no other. $1: a folder that is shared with the test; $2: this repository; $3: its packages.
set -e
shared=$1 repository=$2 packages=$3
mount --make-rprivate /
made=$(mktemp -d)
mount -t tmpfs none "$made"
mkdir "$made/upper" "$made/work" "$made/root"
mount -t overlay none -o "lowerdir=/,upperdir=$made/upper,workdir=$made/work" "$made/root"
root=$made/root
mount -t proc none "$root/proc"
mount -t sysfs -o ro none "$root/sys"
mount -t tmpfs none "$root/sys/fs/cgroup"
mkdir "$root/sys/fs/cgroup/systemd" "$root/sys/fs/cgroup/unified"
mount -t cgroup -o none,name=systemd none "$root/sys/fs/cgroup/systemd"
mount -t cgroup2 none "$root/sys/fs/cgroup/unified"
for folder in run tmp dev; do mount -t tmpfs none "$root/$folder"; done
for device in null zero full random urandom tty; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mkdir "$root/dev/shm" "$root/dev/pts" "$root/run/shared" "$root/run/units" "$root/run/old"
mount --bind "$shared" "$root/run/shared"
touch "$root/dev/kmsg" "$shared/manager.log"
mount --bind "$shared/manager.log" "$root/dev/kmsg"
mkdir -p "$root/opt/containment" "$root/opt/packages" "$root/opt/source" # units see neither homes nor /tmp, where a clone may be
chmod 755 "$root/tmp" "$root/run" "$root/dev" "$made/root"
chmod 1777 "$root/tmp" "$root/dev/shm"
mount -t devpts none "$root/dev/pts" -o newinstance,ptmxmode=0666
ln -s pts/ptmx "$root/dev/ptmx"
cd "$root"
pivot_root . run/old
/usr/bin/python3.11 -m venv --without-pip /opt/containment
mount --bind "/run/old$packages" /opt/packages
mount --bind "/run/old$repository" /opt/source
printf '/opt/packages\n/opt/source\n' > /opt/containment/lib/python3.11/site-packages/product.pth
umount -l /run/old
ip link set lo up
cd /opt/source
sh tests/deployment/units/prepare.sh /opt/source > /run/shared/prepare.log 2>&1 || { cat /run/shared/prepare.log >&2; exit 1; }
cp -r /run/units /run/shared/units
exec env -i container=unshare PATH=/usr/bin:/bin:/usr/sbin:/sbin SYSTEMD_UNIT_PATH=/run/units \
    /lib/systemd/systemd --system --unit=units-under-test.target --log-target=kmsg --show-status=no
