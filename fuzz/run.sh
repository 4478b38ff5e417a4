#!/usr/bin/env bash
# Builds the fuzz targets once and runs each for some seconds, on stable Rust as on nightly:
#
#   fuzz/run.sh SECONDS [TARGET...]
#
# Ends with 1 when a target crashed, and says where the input lies and how to run it again. The compiler's coverage counters are an LLVM pass that
# stable takes, so neither cargo-fuzz nor a nightly toolchain is needed. Corpora grow in fuzz/corpus, crashes are kept in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

all=(rlp transaction header genesis rpc_params block_log pool_journal trie_nodes)
seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET...]}
shift
targets=("${@:-${all[@]}}")
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "SECONDS is a whole number above zero, not '$seconds'" >&2; exit 2; }
for target in "${targets[@]}"; do
    [[ " ${all[*]} " == *" $target "* ]] || { echo "no target '$target'; there are: ${all[*]}" >&2; exit 2; }
done

host=$(rustc -vV | sed -n 's/^host: //p')
# Edges, with comparisons traced so that the fuzzer sees what a check was looking for. A --target keeps them off build scripts.
counters="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
counters+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
bins=(--bin seeds)
# Without the server there is far less to build, unless it is there already.
[[ " ${targets[*]} " == *' rpc_params '* || -x target/$host/release/rpc_params ]] || bins+=(--no-default-features)
for target in "${targets[@]}"; do bins+=(--bin "$target"); done
env -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS="$counters" \
    cargo build --release --target "$host" --target-dir target "${bins[@]}"
built=$PWD/target/$host/release

fixtures=${ENTENTE_FIXTURES:-../../shared/fixtures}
unpacked=target/fixtures
if compgen -G "$fixtures/*.tar.xz" > /dev/null; then
    for archive in "$fixtures"/*.tar.xz; do
        into=$unpacked/$(basename "$archive" .tar.xz)
        [[ -d $into ]] || { mkdir -p "$into.part" && tar -xJf "$archive" -C "$into.part" && mv "$into.part" "$into"; }
    done
elif [[ -d $fixtures ]]; then
    unpacked=$fixtures
else
    echo "no test vectors at $fixtures (ENTENTE_FIXTURES): beginning with seeds of our own"
fi
# libFuzzer looks for sanitizers that are not linked, and says so.
"$built/seeds" corpus "$unpacked" 2> >(grep -v '^WARNING: Failed to find function' >&2)

crashed=()
printf '%-14s %12s %10s %10s %8s  %s\n' target executions 'a second' coverage inputs result
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    options=(-max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=16384 -print_final_stats=1 -artifact_prefix="artifacts/$target/")
    [[ -f dictionaries/$target.dict ]] && options+=(-dict="dictionaries/$target.dict")
    dirs=("corpus/$target")
    [[ -d seeds/$target ]] && dirs+=("seeds/$target")
    log=target/$target.log
    code=0
    "$built/$target" "${options[@]}" "${dirs[@]}" > "$log" 2>&1 || code=$?
    stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
    coverage=$(grep -o ' cov: [0-9]*' "$log" | tail -1 | tr -dc 0-9) || true
    inputs=$(grep -o ' corp: [0-9]*' "$log" | tail -1 | tr -dc 0-9) || true
    printf '%-14s %12s %10s %10s %8s  %s\n' "$target" "$(stat number_of_executed_units)" "$(stat average_exec_per_sec)" \
        "${coverage:-?}" "${inputs:-?}" "$([[ $code == 0 ]] && echo ok || echo "exit $code")"
    if [[ $code != 0 ]]; then
        input=$(sed -n 's/.*Test unit written to \(.*\)/\1/p' "$log" | tail -1)
        crashed+=("$target")
        echo "  what it said: fuzz/$log"
        tail -n 40 "$log" | grep -m 2 -E 'panicked|ERROR' -A 1 | cut -c1-240 | sed 's/^/  | /' || true
        echo "  the input:    fuzz/${input:-(none was written)}"
        echo "  run it again: cd fuzz && target/$host/release/$target ${input:-}"
    fi
done
if ((${#crashed[@]})); then
    echo "crashed: ${crashed[*]}" >&2
    exit 1
fi
