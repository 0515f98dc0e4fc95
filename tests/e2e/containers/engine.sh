#!/usr/bin/env bash
# A container engine of our own for one run, without a registry: its data in a folder, its base images made here from
# Debian's packages, and everything it changed on the machine put back at the end. Needs root.
#
#   engine.sh start FOLDER    starts it, makes the base images, prints the address for DOCKER_HOST on the last line
#   engine.sh stop FOLDER     ends it and puts the machine's network back as it was
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=$(realpath -m "${2:?which folder}")
export DOCKER_HOST="unix://$folder/engine.sock"
bundle=/etc/ssl/certs/ca-certificates.crt

start() {
    install_packages
    mkdir -p "$folder"
    remember_the_network
    # Classic builder and cgroupfs: what works on a small machine without systemd.
    dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" --host "$DOCKER_HOST" \
        >"$folder/engine.log" 2>&1 &
    timeout 60 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.5; done'
    has debian:bookworm-slim || make_debian
    has python:3.11-slim-bookworm || make_python_311
    has python:3.10-slim-bookworm || make_python_310
    has postgres:15-bookworm || docker build -q -t postgres:15-bookworm "$here/postgres"
    has redis:7-bookworm || docker build -q -t redis:7-bookworm "$here/redis"
    echo "$DOCKER_HOST"
}

stop() {
    if [[ -f $folder/pid ]]; then
        local pid
        pid=$(<"$folder/pid")
        kill "$pid"
        timeout 60 tail --pid="$pid" -f /dev/null
    fi
    ip link del docker0 2>/dev/null || true
    for table in filter nat; do
        # A table that had nothing in it was not written down: empty again, it is as it was.
        grep -q "^\*$table" "$folder/iptables.before" && continue
        iptables -t "$table" -F
        iptables -t "$table" -X
        if [[ $table == filter ]]; then iptables -P FORWARD ACCEPT; fi
    done
    iptables-restore <"$folder/iptables.before"
    rm "$folder/iptables.before"
    sysctl -q -w "net.ipv4.ip_forward=$(<"$folder/ip_forward.before")"
}

install_packages() {
    local missing=()
    command -v dockerd >/dev/null || missing+=("docker.io")
    for tool in docker-compose debootstrap iptables; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    ((${#missing[@]} == 0)) && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

remember_the_network() {
    [[ -f $folder/iptables.before ]] && return
    iptables-save >"$folder/iptables.before"
    sysctl -n net.ipv4.ip_forward >"$folder/ip_forward.before"
}

has() { docker image inspect "$1" >/dev/null 2>&1; }

# The smallest Debian, with the certificates this machine trusts: a proxy of the place is known to them only.
make_debian() {
    local mirror tree="$folder/debian"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | head -1)
    rm -rf "$tree"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$tree" "$mirror" >"$folder/debootstrap.log"
    cp "$bundle" "$tree$bundle"
    tar -C "$tree" -c . | docker import --change "ENV LANG=C.UTF-8 PIP_CERT=$bundle SSL_CERT_FILE=$bundle REQUESTS_CA_BUNDLE=$bundle" \
        - debian:bookworm-slim >/dev/null
    rm -rf "$tree"
}

make_python_311() {
    docker build -q -t python:3.11-slim-bookworm - <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3 python3-pip python3-venv \
 && rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED \
 && ln -s python3 /usr/bin/python
DOCKERFILE
}

# Debian 12 has no Python 3.10: the one this machine has is taken along.
make_python_310() {
    local python tree="$folder/python310"
    python=$(cd "$root" && python3 -c 'from tools.environments import find_bot_python; print(find_bot_python())')
    rm -rf "$tree" && mkdir -p "$tree"
    cp -a "$("$python" -c 'import sys; print(sys.base_prefix)')" "$tree/local"
    rm -rf "$tree"/local/lib/python3.10/{test,site-packages} && find "$tree" -name __pycache__ -prune -exec rm -rf {} +
    docker build -q -t python:3.10-slim-bookworm -f - "$tree" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libbz2-1.0 libffi8 liblzma5 libncursesw6 libreadline8 libsqlite3-0 libssl3 zlib1g \
 && rm -rf /var/lib/apt/lists/*
COPY local /usr/local
RUN ldconfig && ln -sf python3.10 /usr/local/bin/python && python -m ensurepip && ln -sf pip3 /usr/local/bin/pip
DOCKERFILE
    rm -rf "$tree"
}

case ${1:-} in
    start) start ;;
    stop) stop ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
