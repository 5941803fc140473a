"""Measures for bench/end_to_end.sh; see there. Muster runs with one shard; client and sink are pinned to a
core each where there are two."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOPIC = "com.apple.mgmt.External.00000000-0000-4000-8000-000000000000"


def run(cpu, *words):
    """Runs to the end on a core; gives (user+sys seconds, wall seconds, peak RSS KiB, stdout, code)."""
    with tempfile.TemporaryFile("w+") as out:
        begun = time.monotonic()
        process = subprocess.Popen([str(word) for word in words], stdout=out, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: pin(cpu))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begun
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss, out.read(), process.returncode


def pin(cpu):
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, {cpu})


def serve(build, world, *words):
    port_file = world / "port"
    port_file.unlink(missing_ok=True)
    server = subprocess.Popen([str(build / "muster-loadgen"), "apns", "--listen", "127.0.0.1:0",
                               "--tls-dir", str(world / "tls"), "--topic", TOPIC, "--port-file",
                               str(port_file), *words], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, preexec_fn=lambda: pin(1))
    while not (port_file.exists() and port_file.read_text().strip()):
        if server.poll() is not None:
            sys.exit("the load generator did not start")
        time.sleep(0.01)
    return server, int(port_file.read_text())


def stop(server):
    server.send_signal(signal.SIGTERM)
    server.wait()


def settings(world, port, data):
    file = world / "muster.toml"
    file.write_text(f'''[data]
dir = "{data}"
[apns]
host = "127.0.0.1"
port = {port}
trust_file = "{world}/tls/ca.pem"
[[apns.credential]]
topic = "{TOPIC}"
certificate_file = "{world}/tls/client.pem"
key_file = "{world}/tls/client.key"
[mdm]
wakes_per_second = 0
[reactor]
shards = 1
''')
    return file


def roster(build, world, users, name):
    out = world / name
    done = run(0, build / "muster-loadgen", "roster", "--users", users, "--devices-per-user", 1, "--groups",
               200, "--nesting", 4, "--seed", 3, "--topic", TOPIC, "--out", out)
    assert done[4] == 0, "the roster could not be made"
    return out


def prove(build, world):
    """The same build and settings against the strict server: nothing misreported."""
    school = roster(build, world, 100_000, "proof")
    server, port = serve(build, world, "--journal", str(world / "journal"))
    config = settings(world, port, world / "data-proof")
    run(0, build / "muster", "import", school, "--config", config)
    code = run(0, build / "muster", "send", "--group", "all", "--yes", "--config", config)[4]
    verdict = run(0, build / "muster-loadgen", "verify", "--data", world / "data-proof", "--journal",
                  world / "journal", "--roster", school, "--muster", build / "muster")
    stop(server)
    print("strict server, 100,000 devices:", verdict[3].strip().split("\n")[-1])
    if code != 0 or verdict[4] != 0:
        sys.exit("the proof failed: no figure counts")


def describe(name, values, unit):
    return (f"{name:<34}{statistics.median(values):>12.3f} {unit:<10}"
            f"({min(values):.3f}–{max(values):.3f})")


def main():
    build, devices, rounds = Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3])
    world = Path(tempfile.mkdtemp(prefix="muster-bench."))
    try:
        prove(build, world)
        school = roster(build, world, devices, "school")
        server, port = serve(build, world, "--fast", "--streams", "1000")
        data = world / "data"
        config = settings(world, port, data)
        run(0, build / "muster", "import", school, "--config", config)
        pristine = world / "pristine"
        shutil.copytree(data, pristine)
        paths = world / "paths.txt"
        paths.write_text("\n".join(f"/3/device/{number:064x}" for number in range(20_000)))
        body = world / "body.json"
        body.write_text('{"mdm":"01234567-89ab-cdef-0123-456789abcdef"}')
        ours, theirs, rates, their_rates, rss, walls, disk = [], [], [], [], [], [], []
        for _ in range(rounds):
            shutil.rmtree(data)
            shutil.copytree(pristine, data)
            cpu, wall, peak, out, code = run(0, build / "muster", "send", "--group", "all", "--yes",
                                             "--json", "--config", config)
            result = json.loads(out)
            assert code == 0 and result["sent"] == devices, out
            ours.append(cpu / devices * 1e6)
            rates.append(devices / wall)
            walls.append(wall)
            rss.append(peak / 1024)
            disk.append(sum(f.stat().st_size for f in data.glob("ledger.db*")) / devices)
            headers = [word for header in
                       (f"apns-topic: {TOPIC}", "apns-push-type: mdm", "apns-priority: 10",
                        "apns-expiration: 1800000000", "apns-id: 123e4567-e89b-42d3-a456-426614174000")
                       for word in ("-H", header)]
            cpu, wall, _, out, code = run(0, "h2load", "-n", devices, "-c", 4, "-m", 100, "-t", 1, "-i",
                                          paths, "-d", body, *headers, "-B",
                                          f"https://127.0.0.1:{port}")
            assert code == 0 and f"{devices} succeeded" in out, out[-500:]
            theirs.append(cpu / devices * 1e6)
            their_rates.append(devices / wall)
        stop(server)
        ratio = [mine / other for mine, other in zip(ours, theirs)]
        print(f"{devices:,} devices, {rounds} rounds, one shard, interleaved; median (min–max)")
        print(describe("muster: client CPU a device", ours, "µs"))
        print(describe("h2load: client CPU a request", theirs, "µs"))
        print(describe("ratio muster : h2load", ratio, ""))
        print(describe("muster: wall rate", [rate / 1e3 for rate in rates], "k/s"))
        print(describe("h2load: wall rate", [rate / 1e3 for rate in their_rates], "k/s"))
        print(describe("muster: peak RSS", rss, "MiB"))
        print(describe("muster: ledger on disk a device", disk, "bytes"))
    finally:
        shutil.rmtree(world)


if __name__ == "__main__":
    main()
