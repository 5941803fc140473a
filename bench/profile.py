"""Sorts the samples of a profiled `muster send` by stage, for bench/profile.sh.

A sample belongs to the first stage whose pattern fits one of its frames, looked at from the innermost
outwards: memcpy belongs to whoever called it. What no pattern knows belongs to its thread's rest.
"""
import collections
import re
import shutil
import sys

from rig import CLIENT_CORE, MDM, TOKEN, Rig, machine, must, run, title

SAMPLES_A_SECOND = 5000

# Stage: the thread it belongs to ("" for any), and what its functions are called. The order decides.
STAGES = (
    ("queue hops and doorbells", "", r"moodycamel|Doorbell|eventfd|ring_shards|hand_over"),
    ("TLS", "shard", r"TlsEngine|libcrypto|libssl"),
    ("request encode", "shard", r"HeaderEncoder|write_request|write_body|mdm_payload|body_size|"
     r"needs_no_escape|copy_body|::speak|::say_|Conversation::(submit|transmit|room|body)|"
     r"StreamTable::open|hd_deflate|session_mem_send|submit_request"),
    ("response decode", "shard", r"OwnFraming::(take|hear|finish|end)|FrameReader|FieldReader|"
     r"Conversation::(receive|answer|stream_closed|take_answers|id_arrived)|StreamTable|mem_recv"),
    ("settlement", "", r"Shard::(judge|settle|collect|count|decide|report_slow|forget)|decide\(|"
     r"pipeline::decide|settlement_of|take_settlements|Ledger::.*::settle|Settlement"),
    ("draw and submit", "shard", r"Shard::(draw|submit|ready|give_back)|Pool::"),
    ("system calls: network", "shard", r"\[kernel|liburing|vdso"),
    ("roster read", "expander", r"Roster|roster::|sqlite|crc32|BlockCache|\[kernel|NumberSet::slice"),
    ("expansion", "expander", r"Expander|NumberSet|roaring"),
    ("commit", "ledger", r"sqlite|\[kernel|Ledger|ledger|crc32|store::|LedgerLoop"),
    ("start, selection, progress, end", "muster|keeper", r"."),
)


class ProfiledRig(Rig):
    """Every `muster send` under perf; everything else as it is."""

    def muster(self, *words):
        if words[0] != "send":
            return super().muster(*words)
        return run(CLIENT_CORE, "perf", "record", "--quiet", "--output", self.dir / "perf.data",
                   "--freq", SAMPLES_A_SECOND, "--event", "cpu-clock", "--call-graph", "fp",
                   self.build / "muster", *words)

    def samples(self):
        """(thread, frames from the innermost) of each sample of the last send."""
        text = must(run(CLIENT_CORE, "perf", "script", "--input", self.dir / "perf.data", "--fields",
                        "comm,ip,sym,dso"), "perf script").out
        for block in text.split("\n\n"):
            lines = [line for line in block.splitlines() if line.strip()]
            if lines:
                yield lines[0].strip(), [line.strip() for line in lines[1:]]


def stage_of(thread, frames):
    for frame in frames:
        for name, threads, pattern in STAGES:
            if re.match(threads, thread) and re.search(pattern, frame):
                return name
    return f"rest of {re.sub('-[0-9]+$', 's', thread)}"


def measure(rig, workload, devices, rounds):
    stages, threads, cpu_s, total = collections.Counter(), collections.Counter(), 0.0, 0
    for _ in range(rounds):
        cpu_s += rig.send(workload, devices).run.cpu_s
        for thread, frames in rig.samples():
            stages[stage_of(thread, frames)] += 1
            threads[re.sub("-[0-9]+$", "s", thread)] += 1
            total += 1
    title(f"profile, {workload.name}: {devices:,} devices, {rounds} rounds, one shard, "
          f"{total:,} samples")
    a_device = total / SAMPLES_A_SECOND / rounds / devices * 1e6
    for name, count in stages.most_common():
        print(f"{name:<40}{100 * count / total:>7.1f} %{a_device * count / total:>10.3f} µs")
    print(f"{'all':<40}{100:>7.1f} %{a_device:>10.3f} µs")
    print("by thread: " + ", ".join(f"{name} {100 * count / total:.1f} %"
                                    for name, count in threads.most_common()))


def main():
    build, devices, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if shutil.which("perf") is None:
        sys.exit("perf is missing: bash config/install.sh bench")
    rig = ProfiledRig(build)
    try:
        machine(build)
        for workload in (TOKEN, MDM):
            measure(rig, workload, devices, rounds)
    finally:
        rig.close()


if __name__ == "__main__":
    main()
