"""A name server that is not ours: nsd, authoritative for zones that a test writes, on a free port.

It is unpacked (tests/peers.sh) and never installed. Everything of it lies in a folder of its own; it
keeps the test's user, who needs no rights, and stays in the foreground, so that its end is the end
of what was started here. A zone whose text is None is set up but has no file that could be loaded:
every question about it is answered SERVFAIL.
"""
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess

from mail_hosts import STARTS_MAX, unpacked
from world import wait_for

A, SOA, MX = 1, 6, 15
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
TTL_S = 5  # short: a test may change a zone


def free_port():
    """Free for UDP and TCP."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams, socket.socket() as streams:
            datagrams.bind(("127.0.0.1", 0))
            try:
                streams.bind(datagrams.getsockname())
            except OSError:
                continue
            return datagrams.getsockname()[1]


def ask(port, name, kind, deadline_s=1):
    """(rcode, how many records answer), or None where nobody answers in time."""
    labels = b"".join(struct.pack("B", len(label)) + label.encode() for label in name.split("."))
    question = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!B2H", 0, kind, 1)
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(deadline_s)
        try:
            asking.connect(("127.0.0.1", port))
            asking.send(question)
            head = asking.recv(4096)
        except OSError:
            return None
    _, flags, _, answers = struct.unpack_from("!4H", head)
    return flags & 15, answers


class DnsHost:
    """Started by its constructor, stopped by stop(). `zones`: from name to records, or to None."""

    def __init__(self, folder, zones):
        self.root = unpacked("nsd")
        self.dir = pathlib.Path(folder) / "nsd"
        for attempt in range(STARTS_MAX):
            self.port = free_port()
            self.configure(zones)
            with open(self.dir / "out", "w") as out:
                self.process = subprocess.Popen(
                    [self.root / "usr/sbin/nsd", "-d", "-c", self.dir / "nsd.conf"],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env={**os.environ, "LD_LIBRARY_PATH": f"{self.root}/usr/lib/x86_64-linux-gnu"})
            first = next(zone for zone, records in zones.items() if records is not None)

            def answers():
                return ask(self.port, first, SOA) == (NOERROR, 1)
            try:
                wait_for("nsd answering", lambda: answers() or self.process.poll() is not None, 20)
            except AssertionError:
                pass
            if self.process.poll() is None and answers():
                return
            self.stop()
        raise AssertionError(f"nsd does not start:\n{self.log()}")

    def configure(self, zones):
        shutil.rmtree(self.dir, ignore_errors=True)
        (self.dir / "zones").mkdir(parents=True)
        for zone, records in zones.items():
            text = "this is no zone\n" if records is None else (
                f"$ORIGIN {zone}.\n$TTL {TTL_S}\n"
                f"@ IN SOA ns.{zone}. it.{zone}. 1 3600 600 86400 {TTL_S}\n"
                f"@ IN NS ns.{zone}.\nns IN A 127.0.0.1\n{records}\n")
            (self.dir / "zones" / zone).write_text(text)
        named = "".join(f'zone:\n  name: "{zone}"\n  zonefile: "{zone}"\n' for zone in zones)
        # One process that answers, and no limit to how fast: the asker is one address.
        (self.dir / "nsd.conf").write_text(f'''server:
  ip-address: 127.0.0.1
  port: {self.port}
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{self.dir}/zones"
  database: ""
  logfile: "{self.dir}/log"
  pidfile: "{self.dir}/pid"
  xfrdfile: "{self.dir}/xfrd.state"
  xfrdir: "{self.dir}"
  zonelistfile: "{self.dir}/zone.list"
  cookie-secret-file: "{self.dir}/cookies"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
{named}''')

    def log(self):
        return "".join(file.read_text(errors="replace")[-3000:] for file in
                       (self.dir / "out", self.dir / "log") if file.is_file())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)  # its children end with it
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)  # the session that was begun for it
                self.process.wait(10)


if __name__ == "__main__":  # a look at it by itself
    import tempfile
    place = tempfile.mkdtemp(prefix="muster-dns-host.")
    host = DnsHost(place, {"a.example": "@ IN MX 10 mx\nmx IN A 127.0.1.1", "b.example": None})
    for question in (("a.example", MX), ("mx.a.example", A), ("none.a.example", MX),
                     ("b.example", MX), ("c.example", MX)):
        print(*question, *ask(host.port, *question))
    host.stop()
    print("stopped", host.process.returncode)
    shutil.rmtree(place)
