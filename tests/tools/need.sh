#!/bin/sh
# SPDX-License-Identifier: MIT
# need.sh GROUP...: installs the Debian packages of the groups (build test usb demo lint bench) that are missing.
#
# The one list of packages. It says first what it installs and why. With everything there it does nothing and
# needs neither root nor network.
set -eu

list() {
        cat <<'LIST'
build gcc               the compiler
build libc6-dev         headers of the C library
build make              runs the Makefile
build pkg-config        finds the libraries' flags
build libjansson-dev    JSON
build libsqlite3-dev    the ledger on the gateway, the hub's store
build libsystemd-dev    event loop, journal, notification of the service manager
build libmicrohttpd-dev local API and station page
build libcurl4-openssl-dev  the command line's client
build libssl-dev        SHA-256 (libcrypto); what TLS holds back (libssl)
build libserialport-dev serial scanners and printers
build libusb-1.0-0-dev  USB scanners and printers
build libmosquitto-dev  MQTT
build libinih-dev       configuration files
build python3           size report, tests, demo
test  libcmocka-dev     tests in C
test  python3-pytest    tests of whole programs
test  python3-paho-mqtt MQTT client of the tests
test  python3-jsonschema  holds the profiles against their schema
test  umockdev          plays what is plugged in
test  mosquitto         broker, a private one for each test
test  openssl           certificates for the tests of TLS
test  procps            looks at running programs
usb   qemu-system-x86   the guest whose USB ports have something plugged in
usb   xz-utils          unpacks the guest's kernel
usb   python3-pytest    tests of whole programs
usb   mosquitto         broker, from whose hub the gateway has its goods
usb   util-linux        runs the agent as somebody who may not open devices (setpriv)
demo  python3           drives the site
demo  mosquitto         broker, a private one for the demo
demo  python3-paho-mqtt reads the storefront's figures
bench python3           drives the site
bench mosquitto         broker, a private one for the measurement
bench python3-paho-mqtt reads the storefront's figures
lint  cppcheck          static analysis
lint  clang-tidy        static analysis
lint  clang             fuzzing
lint  libclang-rt-14-dev  libFuzzer and the sanitizers for clang
lint  binutils          program sizes
LIST
}

missing=
for group in "$@"; do
        list | grep -q "^$group " || { echo "need.sh: no group $group" >&2; exit 2; }
        for package in $(list | awk -v g="$group" '$1 == g { print $2 }'); do
                case " $missing " in *" $package "*) continue ;; esac
                state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
                [ "$state" = installed ] || missing="$missing $package"
        done
done
[ -n "$missing" ] || exit 0

echo "These Debian packages are missing and will be installed:"
for package in $missing; do
        list | awk -v p="$package" '$2 == p && !n++ { why = $0; sub(/^[^ ]+ +[^ ]+ +/, "", why); printf "  %-22s %s\n", p, why }'
done

as_root=
if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || {
                echo "need.sh: neither root nor sudo; as root: apt-get install$missing" >&2
                exit 1
        }
        as_root=sudo
fi

# The private brokers of the tests need the program, not a service on port 1883: on a machine that does not
# have mosquitto yet, its service is kept from being enabled and started.
guard=/etc/systemd/system/mosquitto.service
mask=no
case " $missing " in
*" mosquitto "*)
        if [ ! -e $guard ] && [ ! -L $guard ]; then
                $as_root mkdir -p /etc/systemd/system
                $as_root ln -s /dev/null $guard
                mask=yes
        fi
        ;;
esac
unmask() {
        if [ $mask = yes ]; then
                $as_root rm -f $guard
                [ ! -d /run/systemd/system ] || $as_root systemctl daemon-reload || true
                mask=no
        fi
}
trap unmask EXIT

install() {
        # shellcheck disable=SC2086 # a list of words
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

# shellcheck disable=SC2086
if ! apt-get install --simulate -q $missing >/dev/null 2>&1; then
        $as_root apt-get update -q # lists that are absent or too old
        install
elif ! install; then
        $as_root apt-get update -q
        install
fi
