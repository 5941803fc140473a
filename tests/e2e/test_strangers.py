"""Servers that are not ours: nghttpd (on nghttp2) and nginx (a framing of its own), over TLS.

The load generator shares our reading of the RFCs, these do not. nghttpd answers from a folder: a
file is a known device, none is a 404 in HTML. nginx answers before it has read the body (so it
resets the stream after a whole answer, RFC 9113 §8.1) and takes its leave with a GOAWAY every 500
requests; its log says which requests it acted on.
"""
import csv
import io
import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest
from collections import Counter

from world import BINARY_DIR, SOURCE_DIR, World, main, wait_for

NGINX = "root/usr/sbin/nginx"
# tests/peers.sh unpacks nginx under the folder that holds the build folders.
PEERS = [pathlib.Path(place) for place in
         ([os.environ["MUSTER_PEERS"]] if "MUSTER_PEERS" in os.environ else
          [BINARY_DIR.parent / "peers", SOURCE_DIR / "build/peers"])]
STARTS_MAX = 5  # a free port may be taken by somebody else before the server listens on it

NGINX_CONFIG = """
daemon off;
{user}
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  log_format one '$status $http_apns_id $connection $connection_requests $ssl_client_verify $uri';
  access_log {dir}/access.log one;
  default_type application/json;
  http2_max_concurrent_streams 100;
  keepalive_requests {requests};
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {tls}/server.pem;
    ssl_certificate_key {tls}/server.key;
    ssl_client_certificate {tls}/ca.pem;
    ssl_verify_client on;
    location /3/device/ {{ return 200; }}
    location ~ ^/3/device/.*[ab]$ {{
      return 410 '{{"reason":"Unregistered","timestamp":1790000000000}}';
    }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Strangers(World):
    def make_tls(self):
        """A throw-away authority: the load generator makes one when it starts."""
        server = self.start_apns()
        server.terminate()
        server.wait(10)

    def start_stranger(self, name, command_for_port):
        log = self.dir / f"{name}.log"
        for _ in range(STARTS_MAX):
            port = free_port()
            with open(log, "w") as to:
                process = self.start(*command_for_port(port), stdout=to, stderr=subprocess.STDOUT)
            wait_for(f"{name} listening", lambda: process.poll() is not None or accepts(port))
            if process.poll() is None:
                self.port = port
                return process
        raise AssertionError(f"{name} does not start: {log.read_text()}")

    def devices_of(self, school):
        """Where each device is reached: a Mac's user has a channel of its own."""
        with open(school / "devices.csv", newline="") as file:
            return {row["device_id"]: row["user_push_token"] or row["push_token"]
                    for row in csv.DictReader(file)}

    def send(self, school, apns):
        self.write_config(apns=apns)
        self.muster_ok("import", school)
        return self.muster("send", "--group", "all", "--yes", "--json")

    def rows(self, task):
        """The task's invitations by device; every device stands there once."""
        rows = list(csv.DictReader(io.StringIO(self.muster_ok("tasks", task, "--csv").out)))
        by_device = {row["device_id"]: row for row in rows}
        self.assertEqual(len(by_device), len(rows))
        return by_device

    # ── nghttpd ──
    def start_nghttpd(self, known, *arguments):
        program = shutil.which("nghttpd")
        self.assertIsNotNone(program, "nghttpd is missing: bash config/install.sh test")
        folder = self.dir / "htdocs/3/device"
        folder.mkdir(parents=True)
        for token in known:
            (folder / token).touch()
        return self.start_stranger("nghttpd", lambda port: [
            program, "--address", "127.0.0.1", "--htdocs", self.dir / "htdocs", *arguments, port,
            self.tls / "server.key", self.tls / "server.pem"])

    def check_nghttpd(self, *arguments):
        school = self.make_school(3_000)
        devices = self.devices_of(school)
        known = {token for token in devices.values() if token[-1] not in "ef"}
        self.make_tls()
        self.start_nghttpd(known, *arguments)
        sent = self.send(school, "connections = 2\nattempts = 3")
        self.assertEqual(sent.code, 1, sent.err)
        result = sent.json()
        self.assertEqual(result["state"], "completed")
        self.assertEqual((result["sent"], result["failed"]), (len(known), 3_000 - len(known)))
        reasons = {(each["state"], each["reason"], each["count"]) for each in result["reasons"]}
        self.assertEqual(reasons, {("failed", "UnknownAnswer", 3_000 - len(known))})

        rows = self.rows(result["task"])
        self.assertEqual(set(rows), set(devices))
        for device, token in devices.items():
            wanted = ("sent", "1") if token in known else ("failed", "3")
            row = rows[device]
            self.assertEqual((row["state"], row["attempts"]), wanted, row)

    def test_nghttpd_with_100_streams_and_the_smallest_windows(self):
        self.check_nghttpd("-m", 100, "-w", 16, "-W", 16)

    def test_nghttpd_with_one_stream_at_a_time(self):
        self.check_nghttpd("-m", 1)

    def test_nghttpd_that_answers_early_pads_and_compresses(self):
        self.check_nghttpd("--early-response", "--padding", 255, "--error-gzip")

    # ── nginx ──
    def start_nginx(self, requests):
        program = next((place / NGINX for place in PEERS if (place / NGINX).exists()), None)
        self.assertIsNotNone(program, "nginx is missing: bash tests/peers.sh build")

        def command(port):
            (self.dir / "nginx.conf").write_text(NGINX_CONFIG.format(
                dir=self.dir, port=port, tls=self.tls, requests=requests,
                user="user root root;" if os.geteuid() == 0 else ""))
            return [program, "-p", self.dir, "-e", self.dir / "error.log", "-c",
                    self.dir / "nginx.conf"]
        return self.start_stranger("nginx", command)

    def test_nginx_takes_its_leave_every_500_requests_and_nothing_repeats(self):
        school = self.make_school(5_000, 2)
        devices = self.devices_of(school)
        gone = {device for device, token in devices.items() if token[-1] in "ab"}
        self.make_tls()
        nginx = self.start_nginx(500)
        sent = self.send(school, "connections = 2")
        nginx.terminate()
        nginx.wait(10)
        self.assertEqual(sent.code, 1, sent.err)
        result = sent.json()
        self.assertEqual(result["state"], "completed")
        self.assertEqual((result["sent"], result["failed"] + result["unreachable"]),
                         (10_000 - len(gone), len(gone)))
        self.assertEqual({(each["reason"], each["count"]) for each in result["reasons"]},
                         {("Unregistered", len(gone))})

        # What nginx acted on, as it says itself: every invitation once, on many connections.
        log = [line.split() for line in (self.dir / "access.log").read_text().splitlines()]
        self.assertEqual({fields[4] for fields in log}, {"SUCCESS"})
        rows = self.rows(result["task"])
        self.assertEqual(set(rows), set(devices))
        wanted = Counter(("410" if device in gone else "200", row["apns_id"],
                          f"/3/device/{devices[device]}") for device, row in rows.items())
        self.assertEqual(Counter((fields[0], fields[1], fields[5]) for fields in log), wanted)
        self.assertEqual({row["attempts"] for row in rows.values()}, {"1"})
        # A connection is used until nginx ends it: 20 are needed, a few more may be under way.
        connections = len({fields[2] for fields in log})
        self.assertGreaterEqual(connections, 20)
        self.assertLessEqual(connections, 24)
        print(f"{len(log)} requests on {connections} connections in {result['seconds']:.1f} s")

    def test_nginx_without_a_trusted_certificate_is_sent_nothing(self):
        school = self.make_school(50)
        self.make_tls()
        stranger = self.tls
        self.start_nginx(500)
        self.start_apns(tls=self.dir / "other-tls", name="other")  # another authority
        port = int(re.search(r"127\.0\.0\.1:(\d+)", (self.dir / "nginx.conf").read_text())[1])
        self.assertNotEqual(stranger, self.tls)
        self.port = port
        sent = self.send(school, "")
        self.assertEqual(sent.code, 5, sent.err)
        self.assertEqual(sent.json()["state"], "paused")
        self.assertIn("certificate", sent.err)
        self.assertEqual((self.dir / "access.log").read_text(), "")


if __name__ == "__main__":
    main()
