"""The part `import` of end_to_end.py: what a school's roster costs, and whether a send goes on beside it."""
import json
import os
import shutil
import subprocess
import threading
import time

from rig import CLIENT_CORE, ENVIRONMENT, SERVER_CORE, TOKEN, Server, must, pin, ratios, row, run, title
from serve_rig import Muster

DEVICES_A_CPU_SECOND = 250_000
PEAK_MB = 400
RATE_BESIDE = 0.9  # of the same send's with nothing beside it


def school_of(rig, folder, devices, seed, *words):
    """Four users with five devices, one group to fifty devices: CSV as administrators have it."""
    must(run(CLIENT_CORE, rig.build / "muster-loadgen", "roster", "--users", devices * 4 // 5, "--another-device",
             0.25, "--groups", devices // 50, "--seed", seed, "--out", folder, *words), "making the roster")
    return folder


def part_import(rig, devices, rounds):
    missed = measure_import(rig, devices, rounds)
    return missed + measure_beside(rig, devices, rounds)


def measure_import(rig, devices, rounds):
    """A first import into an empty data directory, process start and commit included."""
    school = school_of(rig, rig.dir / "school-import", devices, 3)
    data = rig.dir / "data-import"
    config = rig.dir / "import.toml"
    config.write_text(f'[data]\ndir = "{data}"\n')
    runs = []
    for _ in range(rounds):
        shutil.rmtree(data, ignore_errors=True)
        os.sync()  # what was written before is not this run's business
        done = must(rig.muster("import", school, "--json", "--config", config), "the import")
        runs.append((json.loads(done.out), done))
    report = runs[0][0]
    size = sum(file.stat().st_size for file in school.iterdir())
    rates = [report["devices"] / done.cpu_s for report, done in runs]
    peaks = [done.rss_kib * 1024 / 1e6 for _, done in runs]
    title(f"import: {report['devices']:,} devices, {report['users']:,} users, {report['groups']:,} groups, "
          f"{report['memberships']:,} memberships, {size / 1e6:,.0f} MB of CSV, {rounds} rounds")
    row("devices a CPU-second", [rate / 1e3 for rate in rates], "k/s", f"≥ {DEVICES_A_CPU_SECOND / 1e3:,.0f}")
    row("wall time", [done.wall_s for _, done in runs], "s")
    row("peak RSS", peaks, "MB", f"≤ {PEAK_MB}")
    row("roster.db", [(data / "roster.db").stat().st_size / 1e6], "MB")
    shutil.rmtree(school)
    shutil.rmtree(data)
    missed = []
    if sorted(rates)[rounds // 2] < DEVICES_A_CPU_SECOND:
        missed.append(f"an import takes in fewer than {DEVICES_A_CPU_SECOND:,} devices a CPU-second")
    if max(peaks) > PEAK_MB:
        missed.append(f"an import takes more than {PEAK_MB} MB")
    return missed


def another_school(rig, devices):
    """As many people and devices again, whom the sending server does not know yet."""
    folder = school_of(rig, rig.dir / "school-beside", devices, 4, "--topic", TOKEN.topic)
    for name in ("groups.csv", "members.csv"):
        (folder / name).unlink()
    others = (("users.csv", r"s/^u([0-9])/v\1/"), ("devices.csv", r"s/^d([0-9])/e\1/; s/,u([0-9]{7}),/,v\1,/"))
    for name, change in others:
        must(run(CLIENT_CORE, "sed", "-E", "-i", change, folder / name), "sed")
    return folder


def measure_beside(rig, devices, rounds):
    """A send that lasts as long as an import, alone and with one that begins when it has begun."""
    school = another_school(rig, devices)
    alone, beside, overlaps = [], [], []
    for _ in range(rounds):
        alone.append(paced_send(rig, devices, None)[:2])
        rate, cpu, overlap = paced_send(rig, devices, school)
        beside.append((rate, cpu))
        overlaps.append(overlap)
    shutil.rmtree(school)
    title(f"import beside a send: {devices:,} devices sent by a server into which as many others are imported, "
          f"answers after 40 ms, {rounds} rounds (token)")
    row("rate, alone", [rate / 1e3 for rate, _ in alone], "k/s")
    row("rate, beside the import", [rate / 1e3 for rate, _ in beside], "k/s")
    kept = ratios([rate for rate, _ in beside], [rate for rate, _ in alone])
    row("beside : alone", kept, "", f"≥ {RATE_BESIDE}")
    row("sending threads' CPU a device, alone", [cpu for _, cpu in alone], "µs")
    row("sending threads' CPU a device, beside", [cpu for _, cpu in beside], "µs")
    row("share of the send with an import beside it", overlaps)
    return [] if sorted(kept)[rounds // 2] >= RATE_BESIDE else ["an import holds up a running send"]


class Import(threading.Thread):
    """`muster import` into the data directory that a server holds; begun and ended by the clock."""

    def __init__(self, rig, server, school):
        super().__init__()
        self.words = [rig.build / "muster", "import", school, "--json", "--config", server.config]
        self.begun = self.ended = time.monotonic()
        self.done = None

    def run(self):
        self.begun = time.monotonic()
        self.done = subprocess.run([str(word) for word in self.words], stdin=subprocess.DEVNULL, capture_output=True,
                                   text=True, env=ENVIRONMENT, check=False)
        self.ended = time.monotonic()


def paced_send(rig, devices, school):
    """Rate, CPU of the sending threads a device, and the share of the send's time that an import took."""
    sink = Server(rig, TOKEN, "--fast", "--streams", 1000, "--window", 65_535, "--delay", 40)
    server = Muster(rig, devices, sink, connections=4)  # 100,000 a second at most
    preview = server.ask("POST", "/api/v1/previews", {"group": "all"})
    before = server.sending_cpu()
    task = server.ask("POST", "/api/v1/tasks", {"group": "all", "preview": preview["id"],
                                                "invitations": preview["invitations"]})
    begun = time.monotonic()
    importing = Import(rig, server, school) if school else None
    if importing:
        pin(SERVER_CORE)
        importing.start()
    while next(each for each in server.look()[1] if each["id"] == task["id"])["state"] != "completed":
        time.sleep(0.02)
    ended = time.monotonic()
    spent = server.sending_cpu() - before
    if importing:
        importing.join()
        if importing.done.returncode != 0:
            raise SystemExit("the import beside the send failed: " + importing.done.stderr[-1000:])
    server.stop()
    served = sink.stop()
    if served.requests != devices:
        raise SystemExit(f"{served.requests} of {devices} came")
    overlap = min(importing.ended, ended) - importing.begun if importing else 0
    return devices / (ended - begun), spent / devices * 1e6, overlap / (ended - begun)
