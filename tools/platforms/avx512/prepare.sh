#!/usr/bin/env bash
# Prepares what run.sh needs to run programs on an emulated x86-64 processor with AVX-512: the
# emulator Bochs, a kernel, and a disk with this machine's JDK and an unpacked libtorch. All of it
# comes from Debian's packages and from this machine; nothing is installed on it. Needs Debian 12
# (amd64) with a JDK, g++, make, e2fsprogs and 4 GB of disk; takes some five minutes.
#
# usage: prepare.sh [DJL_CACHE]
#   DJL_CACHE: the cache folder of DJL, into which any program that uses it natively has unpacked
#   libtorch (default: DJL_CACHE_DIR, or ~/.djl.ai)
# environment: AVX512_HOME: where to keep everything (default: ~/.cache/zsic-avx512)
set -euo pipefail

home=${AVX512_HOME:-$HOME/.cache/zsic-avx512}
djl=${1:-${DJL_CACHE_DIR:-$HOME/.djl.ai}}
compgen -G "$djl/pytorch/*/libtorch_cpu.so" >/dev/null || {
  echo "no unpacked libtorch in $djl: run any program that uses DJL's PyTorch first" >&2
  exit 1
}
jdk=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")

rm -rf "$home/root" "$home/initrd" "$home"/*.img
mkdir -p "$home/packages" "$home/tools"
cd "$home"

# --- packages, unpacked into folders of their own

# The names of the kernel's package changes with each update.
kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
(
  cd packages
  apt-get download bochsbios vgabios grub-common grub-pc-bin busybox-static "$kernel"
  for package in *.deb; do
    case $package in
      linux-image-*) dpkg -x "$package" ../kernel ;;
      *) dpkg -x "$package" ../tools ;;
    esac
  done
)
release=$(ls kernel/lib/modules)
busybox=$home/tools/bin/busybox

# --- the emulator

# Debian's own build of Bochs holds its debugger, which makes it four times slower, so it is built from
# Debian's source, that of the release after 12: 3.0 has more processors and features can be left out.
# The lists of packages are kept apart from the system's.
if [ ! -x bin/bochs ]; then
  mkdir -p source/lists/partial bin
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  # Where this machine gets its own packages from.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | grep -v security | head -n 1)
  echo "deb-src [signed-by=$keyring] $mirror trixie main" >source/sources.list
  options=(-o "Dir::Etc::sourcelist=$home/source/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$home/source/lists" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=)
  (
    cd source
    apt-get "${options[@]}" update
    # A mirror that lacks one of the package's files may have the one that is needed.
    apt-get "${options[@]}" source --download-only bochs || true
    tar -xf bochs_*.orig.tar.xz
    cd bochs-*/
    # One processor that says of itself that it has two cores: oneDNN chooses layouts by their number.
    sed -i -e 's/^  ncores = 1;/  ncores = 2;/' \
      -e '/BX_DOMAIN_TYPE_ID_VALUE_PROCESSOR = 3/,/switch/s/^#if BX_SUPPORT_SMP/#if 1/' cpu/cpuid.cc
    # Where a variable says so, leaf 0x8000001D tells of 32 KiB, 1 MiB and 32 MiB, as that of a Zen 4.
    cat >caches <<'END'
  if (EAX == 0x8000001D && ECX < 4 && getenv("BOCHS_CACHES")) {
    static const Bit32u caches[4][3] = { { 0x121, 0x01C0003F, 0x3F }, { 0x122, 0x01C0003F, 0x3F },
      { 0x143, 0x01C0003F, 0x7FF }, { 0x163, 0x03C0003F, 0x7FFF } };
    leaf.eax = caches[ECX][0];
    leaf.ebx = caches[ECX][1];
    leaf.ecx = caches[ECX][2];
    leaf.edx = 0;
  }
END
    sed -i '/get_cpuid_leaf(EAX, ECX, &leaf);/r caches' cpu/proc_ctrl.cc
    ./configure --enable-x86-64 --enable-all-optimizations --enable-avx --enable-evex --enable-amx \
      --enable-long-phy-address --with-nogui --disable-docbook --disable-xpm CXXFLAGS='-O3 -fomit-frame-pointer'
    make -j "$(nproc)"
    strip -o "$home/bin/bochs" bochs
  ) >source/log 2>&1 || {
    tail source/log >&2
    exit 1
  }
fi

# The emulator's AMD models lack AVX-512, so an Intel one goes by an AMD name: libraries look at the
# maker only. Nothing in it answers leaf 0x8000001D, so that says nothing.
LC_ALL=C sed 's/GenuineIntel/AuthenticAMD/' bin/bochs >bin/bochs-new
chmod +x bin/bochs-new
mv bin/bochs-new bin/bochs-amd

# --- a first memory disk: drivers for the disks, and a script that runs the command

mkdir -p initrd/bin initrd/modules initrd/proc initrd/sys initrd/dev initrd/root
cp "$busybox" initrd/bin/busybox
"$busybox" depmod -b kernel "$release"
# ext4 asks for crc32c without saying so in its list.
for module in crc32c_generic ata_piix sd_mod ext4; do
  # What a module needs is listed with the deepest last.
  sed -n "s|^\(.*/$module.ko\): *\(.*\)|\1 \2|p" "kernel/lib/modules/$release/modules.dep" |
    tr ' ' '\n' | grep . | tac
done | awk '!seen[$0]++' | while read -r file; do
  cp "kernel/lib/modules/$release/$file" initrd/modules/
  basename "$file" >>initrd/modules/order
done
cat >initrd/init <<'END'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
stty -F /dev/console raw
finish() {
  echo
  echo "avx512-status $1"
  sync
  # Setting the port up waits until all has been sent.
  stty -F /dev/console raw
  sleep 0.1
  # Writing this word to this port makes Bochs quit.
  for letter in S h u t d o w n; do
    printf $letter | dd of=/dev/port bs=1 seek=$((0x8900)) 2>/dev/null
  done
  poweroff -f
}
while read -r module; do
  insmod /modules/$module || finish 250
done </modules/order
tries=0
until system=$(findfs LABEL=system) && job=$(findfs LABEL=job); do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || finish 251
  sleep 0.1
done 2>/dev/null
mount -t ext4 -o ro $system /root && mount -t ext4 $job /root/mnt || finish 252
for folder in proc sys dev; do
  mount --move /$folder /root/$folder
done
mount -t tmpfs tmpfs /root/tmp
mount --bind /root/mnt/job /root/job
ip link set lo up
echo "avx512-start"
chroot /root /bin/sh /mnt/command
status=$?
for folder in dev proc; do
  mount --move /root/$folder /$folder
done
umount /root/job /root/mnt
finish $status
END
chmod +x initrd/init
(cd initrd && find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -9) >initrd.gz

# --- the disk of the system: kernel, busybox, JDK, libtorch

mkdir -p root/{bin,boot,dev,etc,job,jdk,djl,mnt,proc,root,sys,tmp,usr/bin}
cp "kernel/boot/vmlinuz-$release" root/boot/vmlinuz
mv initrd.gz root/boot/initrd
cp "$busybox" root/bin/
"$busybox" --list | while read -r name; do
  [ "$name" = busybox ] || ln -s busybox "root/bin/$name"
done
echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
echo 'root:x:0:' >root/etc/group
echo '127.0.0.1 localhost' >root/etc/hosts
# The JDK of a Debian package refers to files in /etc, which become plain files here.
tar -C "$jdk" --dereference --ignore-failed-read --exclude=./jmods --exclude=./man --exclude=./docs \
  --exclude='*/src.zip' --exclude=./legal --exclude=./include -cf - . 2>/dev/null | tar -C root/jdk -xf -
cp -rL "$djl/." root/djl/
# Every library that these are linked with and that is none of theirs, at the same place as here.
find root/jdk root/djl -type f \( -name '*.so*' -o -path '*/bin/*' \) -exec ldd {} + 2>/dev/null |
  sed -nE 's/^[^/]*(\/(usr\/)?lib[^ ]*) .*/\1/p' | sort -u | grep -v "^$jdk/" | while read -r library; do
  mkdir -p "root$(dirname "$library")"
  cp -L "$library" "root$library"
done

# Bochs counts in cylinders of 16 * 63 sectors.
cylinder=$((16 * 63 * 512))
bytes=$(($(du -s --apparent-size --block-size=1 root | cut -f 1) * 11 / 10 + (64 << 20)))
truncate -s $(((bytes / cylinder + 1) * cylinder)) system.img
/sbin/mke2fs -q -t ext2 -L system -d root -F system.img

# --- the disk to start from: a boot loader that reads the kernel from the other disk

# The speed of the guest's clock is that of run.sh: an Intel processor would tell a higher one.
cat >grub.cfg <<'END'
set root=(hd1)
linux /boot/vmlinuz console=ttyS0,115200 quiet loglevel=3 mitigations=off nokaslr audit=0 selinux=0 apparmor=0 tsc=reliable tsc_early_khz=100000 random.trust_cpu=on panic=1
initrd /boot/initrd
boot
END
tools/usr/bin/grub-mkimage -d tools/usr/lib/grub/i386-pc -O i386-pc -p / -c grub.cfg -o core.img biosdisk ext2 linux boot
cat tools/usr/lib/grub/i386-pc/boot.img core.img >boot.img
truncate -s $((20 * cylinder)) boot.img

rm -rf root initrd grub.cfg core.img
echo "prepared in $home"
