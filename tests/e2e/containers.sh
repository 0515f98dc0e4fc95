#!/usr/bin/env bash
# The house in containers, for real: builds the images, starts docker-compose.yml, goes the whole journey through it,
# looks whether it is as closed as it says, scales it, and takes it down again. Not part of `make test`.
#
#   tests/e2e/containers.sh [FOLDER]
#
# With a container engine at hand it is used. Without one, and as root, a private one is started in FOLDER (kept for
# the next run), with base images made from Debian's packages: see containers/engine.sh.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
engine="$root/tests/e2e/containers/engine.sh"
folder=$(realpath -m "${1:-$root/var/containers}")
project=vestibule-e2e
doors=(public internal review)
cd "$root"

main() {
    mkdir -p "$folder"
    trap clean_up EXIT
    docker info >/dev/null 2>&1 || use_a_private_engine
    export VESTIBULE_SECRETS="$folder/secrets" VESTIBULE_PUBLIC_PORTS=18180-18183 VESTIBULE_REVIEW_PORTS=18190-18193
    export VESTIBULE_SECOND_FACTOR=offered # the journey has no phone
    export VESTIBULE_PUBLIC_URL=http://127.0.0.1:18180 VESTIBULE_REVIEW_URL=http://127.0.0.1:18190
    step "Secrets"
    make secrets
    step "Images"
    compose build
    step "Start"
    compose up -d
    await_health
    step "The journey"
    python3 -m tests.e2e.journey "$(address public 8080)" "$(address review 8081)" -- \
        "${compose[@]}" exec -T worker python -m intake_api
    step "How closed it is"
    check_closed
    step "Two of each"
    compose up -d --scale public=2 --scale internal=2 --scale review=2 --scale worker=2
    await_health
    check_answers
    step "A public door and a worker die"
    check_killed_comes_back public
    check_killed_comes_back worker
    step "What it takes"
    docker stats --no-stream --format 'table {{.Name}}\t{{.MemUsage}}'
    echo "The house stands in containers."
}

use_a_private_engine() {
    step "A container engine of our own in $folder"
    private=yes
    "$engine" start "$folder" >"$folder/start.log" 2>&1 || { tail -20 "$folder/start.log"; exit 1; }
    DOCKER_HOST=$(tail -1 "$folder/start.log")
    export DOCKER_HOST
}

clean_up() {
    local code=$?
    if ((code)); then
        echo "It failed; the last lines of each container:"
        compose logs --no-color --tail 15 || true
    fi
    compose down --volumes --timeout 15 >"$folder/down.log" 2>&1 || true
    rm -rf "$folder/secrets"
    [[ ${private:-} ]] && "$engine" stop "$folder"
    exit "$code"
}

# docker-compose 1.29 or the plugin of today: the file is written for both.
if command -v docker-compose >/dev/null; then compose=(docker-compose); else compose=(docker compose); fi
compose+=(--project-name "$project" --project-directory "$root")
compose() { "${compose[@]}" "$@"; }

step() { printf '\n== %s\n' "$*"; }
so() { printf '  %s\n' "$*"; }
fail() { echo "NOT SO: $*" >&2; exit 1; }

containers() { compose ps -q "$@"; }
address() { echo "http://$(compose port "$1" "$2")"; }

await_health() {
    local limit=$((SECONDS + 180)) waiting
    while true; do
        waiting=$(docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Names}} {{.Status}}' |
            grep -v '(healthy)' || true)
        [[ -z $waiting ]] && break
        ((SECONDS < limit)) || fail "all are healthy; these are not: $waiting"
        sleep 2
    done
    so "all are healthy"
}

check_closed() {
    local id name published
    for id in $(containers); do
        [[ $(docker inspect -f '{{.State.Running}}' "$id") == true ]] || continue
        name=$(docker inspect -f '{{.Name}}' "$id")
        [[ $(docker exec "$id" id -u) != 0 ]] || fail "$name does not run as root"
        docker exec "$id" sh -c 'touch /written' 2>/dev/null && fail "$name cannot write to its file system"
        [[ $(docker inspect -f '{{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}' "$id") == \
            "[ALL] [no-new-privileges:true]" ]] || fail "$name has no capabilities"
    done
    so "nobody is root, no file system can be written, no capability is left"
    published=$(docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Names}} {{.Ports}}' |
        grep -e '->' | sed 's/ .*//' | sort | paste -sd ' ')
    [[ $(wc -w <<<"$published") == 2 && $published == *public* && $published == *review* ]] ||
        fail "only public and review are published: $published"
    docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Ports}}' |
        grep -e '->' | grep -qv '^127\.0\.0\.1:' && fail "they are published on loopback only"
    so "only the public and the review door are published, on loopback"
    for id in $(containers); do
        docker inspect -f '{{.Config.Env}} {{.Args}}' "$id"
    done | grep -qFf <(grep -h . "$VESTIBULE_SECRETS"/*) && fail "no secret stands in an environment or an argument"
    so "no secret stands in an environment or an argument"
    compose exec -T bot python -c 'import socket; socket.create_connection(("database", 5432), 3)' 2>/dev/null &&
        fail "the bot cannot reach the database"
    compose exec -T public python -c 'import socket; socket.create_connection(("actions", 5055), 3)' 2>/dev/null &&
        fail "the public door cannot reach the bot's actions"
    so "the bot cannot reach the database, nor the public door the bot's actions"
}

check_answers() {
    local door port id
    for door in "${doors[@]}"; do
        case $door in public) port=8080 ;; review) port=8081 ;; internal) port=8082 ;; esac
        [[ $(containers "$door" | wc -l) == 2 ]] || fail "there are two of $door"
        for id in $(containers "$door"); do
            docker exec "$id" python healthy.py "http://127.0.0.1:$port/readyz" "VESTIBULE_${door^^}_URL" ||
                fail "each $door answers"
        done
    done
    so "each of the two answers, of all three doors"
}

check_killed_comes_back() {
    local id limit=$((SECONDS + 60))
    id=$(containers "$1" | sed -n 1p)
    # Everything but the init and the one who says it: as when the machine's memory has run out.
    docker exec "$id" python -c 'import os; os.kill(-1, 9)' || true
    until [[ $(docker inspect -f '{{.RestartCount}}' "$id") == 1 ]]; do
        ((SECONDS < limit)) || fail "$1 is started again"
        sleep 0.5
    done
    await_health
    compose exec -T worker python -m intake_api evidence verify >/dev/null || fail "the evidence stands"
    so "$1 came back by itself, and the evidence stands"
}

main
