"""Measures for bench/end_to_end.sh; see there. One function a part; the rounds of what is compared
are interleaved, for the machine's mood changes by the minute."""
import argparse
import os
import statistics
import sys

from importing import part_import
from rig import MDM, TOKEN, Rig, machine, ratios, row, title

# h2load's two best settings; each round runs both and the better median is the yardstick.
YARDSTICKS = ((4, 100), (1, 1000))


def micros(sent, devices):
    return sent.run.cpu_s / devices * 1e6


def part_send(rig, devices, rounds):
    for workload in (TOKEN, MDM):
        measure_send(rig, workload, devices, rounds)


def measure_send(rig, workload, devices, rounds):
    ours, theirs = [], {setting: [] for setting in YARDSTICKS}
    for _ in range(rounds):
        ours.append(rig.send(workload, devices))
        for setting in YARDSTICKS:
            theirs[setting].append(rig.h2load(workload, devices, *setting))
    best = min(YARDSTICKS, key=lambda setting: statistics.median(
        micros(sent, devices) for sent in theirs[setting]))
    yardstick = theirs[best]
    title(f"send, {workload.name} ({len(workload.body)}-byte body): {devices:,} devices, {rounds} "
          f"rounds, one shard; h2load -c {best[0]} -m {best[1]}")
    our_cpu, their_cpu = ([micros(sent, devices) for sent in side] for side in (ours, yardstick))
    our_rate, their_rate = ([devices / sent.run.wall_s / 1e3 for sent in side]
                            for side in (ours, yardstick))
    row("muster: client CPU a device", our_cpu, "µs")
    row("h2load: client CPU a request", their_cpu, "µs")
    row("CPU, muster : h2load", ratios(our_cpu, their_cpu), "", "≤ 0.5 required, ≤ 0.25 aimed at")
    row("muster: wall rate, start and end included", our_rate, "k/s")
    row("h2load: wall rate", their_rate, "k/s")
    row("rate, muster : h2load", ratios(our_rate, their_rate), "", "≥ 3")
    row("muster: peak RSS", [sent.run.rss_kib / 1024 for sent in ours], "MiB", "≤ 64 MB")
    row("muster: ledger on disk a device", [sent.disk_bytes / devices for sent in ours], "B")
    for name, side in (("muster", ours), ("h2load", yardstick)):
        row(f"sink: CPU a request, from {name}",
            [sent.served.cpu_s / devices * 1e6 for sent in side], "µs")
    counted = min(devices, 100_000)
    row("muster: bytes out a push, TLS included",
        [rig.send(workload, counted, relay=True, connections=1).result["bytes_out"] / counted], "B", "≤ 480")
    row("h2load: bytes out a request, TLS included",
        [rig.h2load(workload, counted, *best, relay=True).result["bytes_out"] / counted], "B")


def part_first(rig, devices, rounds):
    del rounds  # the issue says ten
    small = max(devices // 10, 1)
    times = {devices: [], small: []}
    for _ in range(10):
        for group, measured in times.items():
            sent = rig.send(TOKEN, group)
            measured.append((sent.served.first_ns - sent.run.begun_ns) / 1e6)
    title("first push: from the process's start, warm page cache, median of ten (token)")
    row(f"to the first push, {devices:,} devices", times[devices], "ms", "≤ 50")
    row(f"to the first push, {small:,} devices", times[small], "ms")
    print(f"{'ratio of the medians':<46}"
          f"{statistics.median(times[devices]) / statistics.median(times[small]):>14.3f}"
          f"{'':<38}≤ 1.2")


def part_streams(rig, devices, rounds):
    title(f"streams: one connection, requests per client-CPU-second, {rounds} rounds (token); net: "
          "without the cost of a send to one device")
    for streams, aim in ((1, 1.3), (10, 1.5), (100, 3)):
        asked = min(devices, {1: 20_000, 10: 200_000, 100: 1_000_000}[streams])
        measure_streams(rig, streams, asked, rounds, f"≥ {aim}")


def measure_streams(rig, streams, asked, rounds, aim):
    server = ("--fast", "--streams", streams)
    ours, our_start, theirs, their_start = [], [], [], []
    for _ in range(rounds):
        ours.append(rig.send(TOKEN, asked, server, connections=1).run.cpu_s)
        theirs.append(rig.h2load(TOKEN, asked, 1, streams, server).run.cpu_s)
        our_start.append(
            rig.send(TOKEN, asked, server, ("--user", "u0000000"), connections=1).run.cpu_s)
        their_start.append(rig.h2load(TOKEN, 1, 1, 1, server).run.cpu_s)

    def rates(costs, starts):
        return [asked / 1e3 / (cost - start) for cost, start in zip(costs, starts)]

    nothing = [0] * rounds
    name = f"{streams} stream{'' if streams == 1 else 's'}, {asked:,} pushes"
    row(f"{name}: muster", rates(ours, nothing), "k/CPU-s")
    row(f"{name}: h2load", rates(theirs, nothing), "k/CPU-s")
    row(f"{name}: muster : h2load", ratios(rates(ours, nothing), rates(theirs, nothing)), "", aim)
    row(f"{name}: muster, net", rates(ours, our_start), "k/CPU-s")
    row(f"{name}: h2load, net", rates(theirs, their_start), "k/CPU-s")
    row(f"{name}: muster : h2load, net",
        ratios(rates(ours, our_start), rates(theirs, their_start)), "", aim)
    row("a send to one device: muster", [cost * 1e3 for cost in our_start], "ms")


def part_delay(rig, devices, rounds):
    title("delay: answers after 40 ms, 1,000 streams, windows of 65,535 bytes, "
          f"{rounds} rounds (token)")
    server = ("--fast", "--streams", 1000, "--window", 65_535, "--delay", 40)
    for connections in (1, 4):
        most = 1000 * connections / 0.040
        asked = min(devices, 100_000 * connections)
        got = [rig.send(TOKEN, asked, server, connections=connections).result["rate"]
               for _ in range(rounds)]
        name = f"{connections} connection{'' if connections == 1 else 's'}"
        row(f"{name}, {asked:,} pushes: rate", [rate / 1e3 for rate in got], "k/s")
        row(f"{name}: share of {most / 1e3:,.0f} k/s", [rate / most for rate in got], "", "≥ 0.9")


def part_shards(rig, devices, rounds):
    costs = {shards: [] for shards in (1, 2, 4)}
    for _ in range(rounds):
        for shards, measured in costs.items():
            measured.append(micros(rig.send(TOKEN, devices, shards=shards), devices))
    title(f"shards: client CPU a device, all on one core, {devices:,} devices, {rounds} rounds "
          "(token)")
    for shards, measured in costs.items():
        row(f"{shards} shard(s)", measured, "µs")
    for shards in (2, 4):
        row(f"{shards} : 1", ratios(costs[shards], costs[1]), "", "0.9–1.1")


def part_memory(rig, devices, rounds):
    peaks = {group: [] for group in (max(devices // 10, 1), devices)}
    for _ in range(rounds):
        for group, measured in peaks.items():
            measured.append(rig.send(TOKEN, group).run.rss_kib / 1024)
    title(f"memory: peak RSS, file mappings included, one shard, {rounds} rounds (token)")
    small, large = peaks
    for group, measured in peaks.items():
        row(f"{group:,} devices", measured, "MiB", "≤ 64 MB" if group == large else "")
    row("large : small", ratios(peaks[large], peaks[small]), "", "≤ 1.1")


def part_latency(rig, devices, rounds):
    cold, *warm = rig.latency(TOKEN, devices, max(rounds, 50))
    title(f"latency: one invitation to one device of {devices:,} on a warm connection, {len(warm)} "
          "rounds; median (min–max) (token)")

    def after(begin, end):
        return [(times[end] - times[begin]) / 1e6 for times in warm]

    asked, called, returned, recorded, arrived = range(5)
    row("from send() to the push's arrival", after(called, arrived), "ms", "≤ 5, the worst as well")
    row("from the preview to the push's arrival", after(asked, arrived), "ms", "≤ 5")
    row("from send() to its return", after(called, returned), "ms")
    row("from send() to the answer recorded", after(called, recorded), "ms")
    row("from send() to arrival, cold", [(cold[arrived] - cold[called]) / 1e6], "ms")


def part_expansion(rig, devices, rounds):
    del rounds  # the issue says ten
    measured = [rig.expansion(TOKEN, devices) for _ in range(10)]
    title(f"expansion: a group of {devices:,} devices in 200 groups, nested four deep, on a warm "
          "connection; median of ten (min–max) (token)")
    # A push arrives after its job was handed to a shard, so this is the more.
    row("from send() to the first push's arrival",
        [(arrived - called) / 1e6 for _, called, _, arrived in measured], "ms", "≤ 50")
    row("from the preview to the first push's arrival",
        [(arrived - asked) / 1e6 for asked, _, _, arrived in measured], "ms")
    row("from send() to its return",
        [(returned - called) / 1e6 for _, called, returned, _ in measured], "ms")


PARTS = {"send": part_send, "first": part_first, "expansion": part_expansion,
         "latency": part_latency, "streams": part_streams, "delay": part_delay,
         "shards": part_shards, "memory": part_memory, "import": part_import}


def arguments():
    parser = argparse.ArgumentParser(prog="bench/end_to_end.sh")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--devices", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--framing", choices=("muster", "nghttp2"))
    parser.add_argument("words", nargs="*", metavar="PART", help=", ".join(PARTS))
    given = parser.parse_args()
    numbers = [int(word) for word in given.words if word.isdigit()]
    if len(numbers) > 2:
        parser.error("at most two numbers: devices and rounds")
    given.devices, given.rounds = (*numbers, *(given.devices, given.rounds)[len(numbers):])
    # Numbers alone are the bench's first form, when it had one part.
    given.parts = [word for word in given.words if not word.isdigit()] or (
        ["send"] if numbers else list(PARTS))
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return given


def main():
    given = arguments()
    rig = Rig(given.build, given.framing)
    try:
        machine(given.build)
        print(f"framing: {given.framing or 'the default'}; median (min–max)")
        for workload in (TOKEN, MDM):
            rig.prove(workload)
        # A part that judges itself says what it missed.
        missed = [miss for part in given.parts for miss in PARTS[part](rig, given.devices, given.rounds) or []]
    finally:
        rig.close()
        os.sync()
    if missed:
        sys.exit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
