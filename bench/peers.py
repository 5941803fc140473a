"""Measures for bench/peers.sh; see there.

Two servers: the fast sink, and the strict one without a token key, which decodes every header and
echoes apns-id, for the peers that cannot do without. The windows are wide, for aioapns sleeps a second
wherever one is full. Every sender repeats muster's requests: its header fields (apns2 cannot set
apns-id), its alert, another device each. Muster alone reads a roster and records what became of each.
"""
import argparse
import dataclasses
import json
import os
import statistics
import time
from pathlib import Path

from rig import ALERT_TEXT, CLIENT_CORE, KEY_ID, TEAM_ID, TITLE, TOKEN, URL
from rig import Rig, Server, machine, row, run, title

HERE = Path(__file__).parent
PEERS = HERE.parent / "build" / "peers"
NODE = {"NODE_PATH": str(PEERS / "npm" / "node_modules")}
SERVERS = {"fast": ("--fast", "--window", 1 << 24), "strict": ("--window", 1 << 24)}
STRICT_DEVICES = 200_000  # the strict server takes its time
MUSTER, H2LOAD = "muster, durable", "h2load -c 4 -m 100"


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    words: tuple
    needs: Path  # absent: the peer could not be had
    in_flight: int
    servers: tuple = ("fast", "strict")


AIOAPNS = Path("/usr/lib/python3/dist-packages/aioapns")
ALL = (
    Peer("@parse/node-apn, 1 provider", ("node", HERE / "peers" / "node_apn.js"),
         PEERS / "npm" / "node_modules" / "@parse" / "node-apn", 1000),
    Peer("apns2, its pool", ("node", HERE / "peers" / "apns2.js"),
         PEERS / "npm" / "node_modules" / "apns2", 1000),
    # Debian's own Python, which is where the package is.
    Peer("aioapns, 1 connection", ("/usr/bin/python3", HERE / "peers" / "aioapns_sender.py"),
         AIOAPNS, 500, ("strict",)),
    Peer("Go x/net/http2, 1 transport", (PEERS / "go" / "go_sender",),
         PEERS / "go" / "go_sender", 1000),
)


def send_by(rig, peer, pushes, server):
    """One run of a peer; gives its CPU a push in µs, or why there is none."""
    running = Server(rig, TOKEN, *SERVERS[server])
    job = rig.dir / "job.json"
    authority = rig.tls_dir(TOKEN) / "ca.pem"
    job.write_text(json.dumps({
        "host": "127.0.0.1", "port": running.port, "ca_file": str(authority),
        "key_file": str(rig.dir / "AuthKey.p8"), "key_id": KEY_ID, "team_id": TEAM_ID,
        "topic": TOKEN.topic, "title": TITLE, "body": ALERT_TEXT, "url": URL,
        "id_prefix": "123e4567-e89b-42d3-a456-", "expiration": int(time.time()) + 7 * 86_400,
        "time_to_live": 7 * 86_400, "pushes": pushes, "in_flight": peer.in_flight}))
    done = run(CLIENT_CORE, *peer.words, job,
               environment={**NODE, "NODE_EXTRA_CA_CERTS": str(authority)})
    served = running.stop()
    sent = json.loads(done.out.strip().split("\n")[-1])["sent"] if done.code == 0 else 0
    if sent != pushes or served.requests != pushes:
        return (f"sent {sent} of {pushes}, the server saw {served.requests}: "
                f"{done.out.strip()[-300:]}")
    return done.cpu_s / pushes * 1e6


def available(server):
    for peer in ALL:
        if not peer.needs.exists():
            print(f"left out: {peer.name}: {peer.needs} is missing")
        elif server not in peer.servers:
            print(f"left out here: {peer.name} needs a server that echoes apns-id")
        else:
            yield peer


def measure(rig, server, devices, pushes, rounds):
    peers = list(available(server))
    costs = {name: [] for name in (MUSTER, H2LOAD, *(peer.name for peer in peers))}
    for _ in range(rounds):
        for name, sent in ((MUSTER, rig.send(TOKEN, devices, SERVERS[server])),
                           (H2LOAD, rig.h2load(TOKEN, devices, 4, 100, SERVERS[server]))):
            costs[name].append(sent.run.cpu_s / devices * 1e6)
        for peer in [peer for peer in peers if peer.name in costs]:
            cost = send_by(rig, peer, pushes, server)
            if isinstance(cost, str):
                print(f"left out: {peer.name} failed: {cost}")
                del costs[peer.name]
            else:
                costs[peer.name].append(cost)
    title(f"{server} server, {rounds} rounds: client CPU a push and how many times muster's "
          f"({devices:,} devices, peers {pushes:,} pushes)")
    for name, measured in costs.items():
        aim = "   ≥ 60 ×" if server == "fast" and "node-apn" in name else ""
        times = statistics.median(cost / ours for cost, ours in zip(measured, costs[MUSTER]))
        row(name, measured, "µs", f"{times:,.1f} ×" + aim)


def main():
    parser = argparse.ArgumentParser(prog="bench/peers.sh")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--devices", type=int, default=1_000_000)
    parser.add_argument("--pushes", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--framing", choices=("muster", "nghttp2"))
    given = parser.parse_args()
    rig = Rig(given.build, given.framing)
    try:
        machine(given.build)
        rig.prove(TOKEN)
        for server, devices in (("fast", given.devices),
                                ("strict", min(given.devices, STRICT_DEVICES))):
            measure(rig, server, devices, given.pushes, given.rounds)
    finally:
        rig.close()
        os.sync()


if __name__ == "__main__":
    main()
