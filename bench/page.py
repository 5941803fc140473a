"""Measures for `bench/server.sh page`; see there. The browser's part is page.mjs."""
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from rig import ENVIRONMENT, TOKEN, Rig, Server, machine, row, title
from serve_rig import Muster

HERE = Path(__file__).parent
NPM = HERE.parent.resolve() / "build/peers/npm/console"
PASSWORD = "correct horse battery staple"
PACED_S = 20  # a send at full speed is over within seconds; at a rate the page is looked at for longer
# What a send may add to the idle page, worked the same way, and what it may never do.
# The page's own work in its longest task is 20 to 40 ms of CPU (traced); it gets about a third of a core beside the
# sender and the sink, so that takes three times as long.
LONGEST_MS = 150
CPU_MORE = 10  # percent of a core on the page's main thread
REQUESTS_MORE = 2  # the chart's, and the two blocks of the table in sight every two seconds
UPDATES = 6  # five a second, and the one that begins the next, or that a button's press has told at once
ROWS = 80
HEAP_MIB = 2  # a round: two sends


def missing():
    """What to do before a browser can be driven here; empty where one can."""
    for program in ("node", "chromium"):
        if shutil.which(program) is None:
            return f"{program} is not installed: bash config/install.sh test"
    there = (NPM / "node_modules/playwright-core").exists()
    return "" if there else "playwright-core is not there: bash tests/peers.sh build"


def browse(rig, server, devices, rounds):
    """The phases that page.mjs measured, in order."""
    told = rig.dir / "page.json"
    told.write_text(json.dumps({"url": f"http://127.0.0.1:{server.port}", "name": "bench", "password": PASSWORD,
                                "devices": devices, "rounds": rounds, "rate": max(devices // PACED_S, 1)}))
    environment = {"MUSTER_CONSOLE": str(told), "MUSTER_NPM": str(NPM), "MUSTER_CHROMIUM": shutil.which("chromium")}
    os.sched_setaffinity(0, range(os.cpu_count()))  # a browser's processes want every core, as at anybody's desk
    phases = []
    with subprocess.Popen(["node", HERE / "page.mjs"], env={**ENVIRONMENT, **environment}, text=True,
                          stdout=subprocess.PIPE) as browser:
        for line in browser.stdout:
            phases.append(json.loads(line))
    if browser.returncode != 0:
        sys.exit("the browser's part failed: " + server.log.read_text()[-1000:])
    return phases


def high(values):
    """The 99th percentile; of few values the worst."""
    return statistics.quantiles(values, n=100)[98] if len(values) >= 100 else max(values)


def most_a_second(moments_ms):
    """How many came in the fullest second."""
    return max((sum(begin <= each < begin + 1000 for each in moments_ms) for begin in moments_ms), default=0)


def share_over(values, bound):
    return 100 * sum(each > bound for each in values) / len(values)


FIGURES = (  # name, unit, of a phase
    ("frame to frame, median", "ms", lambda phase: statistics.median(phase["frames"])),
    ("frame to frame, 99th percentile", "ms", lambda phase: high(phase["frames"])),
    ("frame to frame, worst", "ms", lambda phase: max(phase["frames"])),
    ("frames over 50 ms", "%", lambda phase: share_over(phase["frames"], 50)),
    ("frames over 100 ms", "%", lambda phase: share_over(phase["frames"], 100)),
    ("tasks over 50 ms, a second", "", lambda phase: len(phase["long_tasks"]) / phase["seconds_measured"]),
    ("the longest task", "ms", lambda phase: float(max(phase["long_tasks"], default=0))),
    ("input to the frame behind it, median", "ms", lambda phase: statistics.median(phase["answers"])),
    ("input to the frame behind it, 99th percentile", "ms", lambda phase: high(phase["answers"])),
    ("main thread's CPU, of a core", "%", lambda phase: 100 * phase["main_cpu_s"] / phase["seconds"]),
    ("… scripts", "%", lambda phase: 100 * phase["script_cpu_s"] / phase["seconds"]),
    ("… style and layout", "%", lambda phase: 100 * phase["layout_cpu_s"] / phase["seconds"]),
    ("the whole browser's CPU, of a core", "%", lambda phase: 100 * phase["browser_cpu_s"] / phase["seconds"]),
    ("requests a second", "", lambda phase: len(phase["requests"]) / phase["seconds_measured"]),
    ("updates in the fullest second", "", lambda phase: float(most_a_second(phase["updates"]))),
    ("rows drawn, the most", "", lambda phase: float(max(phase["rows"], default=0))),
    ("measured for", "s", lambda phase: phase["seconds_measured"]),
)


class Verdict:
    """The bounds that were missed."""

    def __init__(self):
        self.missed = []

    def bound(self, what, value, most):
        print(f"{what:<60}{value:>12,.2f}  ≤ {most:,.2f}{'' if value <= most else '   MISSED'}")
        if value > most:
            self.missed.append(what)


def medians(phases, kind):
    return {name: statistics.median(of(each) for each in phases if each["phase"] == kind) for name, _, of in FIGURES}


def went_back(phase):
    """Whether the bar of a send ever moved back, or did not reach its end."""
    waiting = phase["waiting"]
    return waiting[-1] != 0 or waiting != sorted(waiting, reverse=True)


def judge(phases, heaps):
    """Times against the same page at rest in the same run, for what the sending and the browser's own painting take
    from two cores is in both the page's frames and nobody's fault; work against plain bounds."""
    verdict = Verdict()
    print()
    for kind in ("fast", "paced"):
        rest, sending = medians(phases, f"{kind} idle"), medians(phases, f"{kind} sending")
        for name, floor in (("frame to frame, 99th percentile", 50), ("the longest task", LONGEST_MS),
                            ("input to the frame behind it, 99th percentile", 200)):
            verdict.bound(f"{kind}: {name}, ms", sending[name], max(floor, 2 * rest[name]))
        verdict.bound(f"{kind}: main thread's CPU beyond the idle page's, %",
                      sending["main thread's CPU, of a core"] - rest["main thread's CPU, of a core"], CPU_MORE)
        if kind == "paced":  # a send of a second or two is mostly what the script has pressed
            verdict.bound(f"{kind}: requests a second beyond the idle page's",
                          sending["requests a second"] - rest["requests a second"], REQUESTS_MORE)
        verdict.bound(f"{kind}: updates in the fullest second", sending["updates in the fullest second"], UPDATES)
        verdict.bound(f"{kind}: rows drawn", sending["rows drawn, the most"], ROWS)
    sends = [phase for phase in phases if phase["phase"].endswith("sending")]
    verdict.bound("sends whose bar went back, or did not reach its end", sum(map(went_back, sends)), 0)
    if len(heaps) > 1:
        verdict.bound("heap, last round to first, MiB a round",
                      (heaps[-1] - heaps[0]) / (len(heaps) - 1) / 2**20, HEAP_MIB)
    return verdict.missed


def main():
    build = sys.argv[1]
    devices = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    if why := missing():
        sys.exit(why)
    rig = Rig(build)
    server = None
    try:
        machine(rig.build)
        password = rig.dir / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        sink = Server(rig, TOKEN, "--fast")
        print(f"importing {devices:,} devices", file=sys.stderr)
        server = Muster(rig, devices, sink, password)
        told = browse(rig, server, devices, rounds)
        server.stop()
        served = sink.stop()
        if served.requests != 2 * rounds * devices:
            sys.exit(f"{served.requests} of {2 * rounds * devices} came")
        heaps = [each["bytes"] for each in told if each["phase"] == "heap"]
        phases = [each for each in told if each["phase"] != "heap"]
        title(f"page: {devices:,} devices, {rounds} rounds, in Chromium without a graphics card")
        for kind, words in (("fast", "at full speed"), ("paced", f"over {PACED_S} s, with Pause and Resume")):
            for state in ("idle", "sending"):
                print(f"{state}, {words}")
                for name, unit, of in FIGURES:
                    row("  " + name, [of(each) for each in phases if each["phase"] == f"{kind} {state}"], unit)
        missed = judge(phases, heaps)
    finally:
        if server and server.process.poll() is None:  # the browser's part failed
            server.process.kill()
            server.process.wait()
        rig.close()
    if missed:
        sys.exit("missed: " + "; ".join(missed))


main()
