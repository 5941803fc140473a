"""Measures for bench/mail.sh; see there."""
import json
import os
import pathlib
import shutil
import sys

import rig
from rig import CLIENT_CORE, SERVER_CORE, Rig, machine, must, ratios, row, run, title

CONNECTIONS = 8
PROOF = 20_000  # letters
PEERS = pathlib.Path("build/peers/root").resolve()
MAIL = """[data]
dir = "{data}"
[mail]
mode = "relay"
from = "Example School <it@school.example>"
[mail.relay]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}
[[mail.template]]
language = "en"
subject = "You are invited"
text = "{text}"
url = "https://school.example/enroll"
{dkim}
"""
# A body that names nobody, so that it is written once for all.
TEXT = "Sign in to get apps and books from your school. " * 6


class Sink:
    """muster-loadgen smtp on a core of its own, from its start to stop()."""

    def __init__(self, bench, *words):
        port_file = bench.dir / "smtp.port"
        port_file.unlink(missing_ok=True)
        self.out = open(bench.dir / "smtp.stats", "w+")
        rig.pin(SERVER_CORE)
        self.process = rig.subprocess.Popen(
            [bench.build / "muster-loadgen", "smtp", "--listen", "127.0.0.1:0", "--port-file",
             port_file, "--tls", "none", *words], stdout=self.out, stderr=rig.subprocess.DEVNULL)
        bench.server = self
        while not port_file.exists():
            if self.process.poll() is not None:
                sys.exit("the load generator did not start")
            rig.time.sleep(0.002)
        self.port = int(port_file.read_text())

    def stop(self):
        self.process.send_signal(rig.signal.SIGTERM)
        self.process.wait()
        self.out.seek(0)
        return json.loads(self.out.read().strip().split("\n")[-1])


class Mail:
    def __init__(self, bench):
        self.bench = bench
        self.pristine = {}

    def settings(self, port, data, dkim=""):
        file = self.bench.dir / "mail.toml"
        file.write_text(MAIL.format(data=data, port=port, connections=CONNECTIONS, text=TEXT,
                                    dkim=dkim))
        return file

    def school(self, letters):
        folder = self.bench.dir / f"school-mail-{letters}"
        must(run(CLIENT_CORE, self.bench.build / "muster-loadgen", "roster", "--users", letters,
                 "--groups", 200, "--nesting", 4, "--seed", 3, "--without-device", 1, "--topic",
                 "com.example.muster", "--out", folder), "making the roster")
        return folder

    def imported(self, letters):
        if letters not in self.pristine:
            school = self.school(letters)
            data = self.bench.dir / f"pristine-mail-{letters}"
            must(self.bench.muster("import", school, "--config", self.settings(1, data)),
                 "the import")
            self.pristine[letters] = (school, data)
        return self.pristine[letters]

    def send(self, letters, *words, dkim=""):
        """(run, the sink's counts, the result, the school and the data)"""
        school, pristine = self.imported(letters)
        data = self.bench.dir / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(pristine, data)
        os.sync()
        sink = Sink(self.bench, *words)
        done = must(self.bench.muster("send", "--group", "all", "--channels", "mail", "--yes",
                                      "--json", "--config", self.settings(sink.port, data, dkim)),
                    "muster send")
        served, result = sink.stop(), json.loads(done.out)
        if result["sent"] != letters or served["messages"] != letters:
            sys.exit(f"sent {result['sent']} of {letters}, the server took {served['messages']}")
        return done, served, result, school, data

    def prove(self):
        journal = self.bench.dir / "mail.journal"
        _, served, _, school, data = self.send(PROOF, "--journal", journal)
        verdict = run(CLIENT_CORE, self.bench.build / "muster-loadgen", "verify", "--data", data,
                      "--journal", journal, "--roster", school, "--muster",
                      self.bench.build / "muster")
        print(f"strict server, {served['messages']:,} letters, {served['misspoken']} slips: "
              f"{verdict.out.strip().splitlines()[-1]}")
        if verdict.code != 0 or served["misspoken"] != 0:
            sys.exit("the proof failed, no figure counts")

    def smtp_source(self, letters, size):
        sink = Sink(self.bench, "--fast", "--no-chunking")
        libraries = f"{PEERS}/usr/lib/postfix:{PEERS}/usr/lib/x86_64-linux-gnu"
        done = must(run(CLIENT_CORE, PEERS / "usr/sbin/smtp-source", "-d", "-s", CONNECTIONS, "-m",
                        letters, "-l", size, "-N", "-f", "it@school.example", "-t",
                        "user@school.example", f"127.0.0.1:{sink.port}",
                        environment={"LD_LIBRARY_PATH": libraries}), "smtp-source")
        if sink.stop()["messages"] != letters:
            sys.exit("smtp-source lost messages")
        return done


def main():
    build, *numbers = sys.argv[1:]
    letters, rounds = (*map(int, numbers), *(100_000, 5)[len(numbers):])
    bench = Rig(build)
    mail = Mail(bench)
    try:
        machine(build)
        mail.prove()
        ours, theirs, signed, size = [], [], [], 0
        key = bench.dir / "dkim.pem"
        must(run(CLIENT_CORE, "openssl", "genpkey", "-algorithm", "ED25519", "-out", key), "openssl")
        key.chmod(0o600)
        dkim = (f'[[mail.dkim]]\ndomain = "school.example"\nselector = "one"\n'
                f'key_file = "{key}"\n')
        for _ in range(rounds):
            done, served, *_ = mail.send(letters, "--fast", "--no-chunking")
            size = served["octets"] // letters
            ours.append(done)
            theirs.append(mail.smtp_source(letters, size))
            signed.append(mail.send(letters, "--fast", "--no-chunking", dkim=dkim)[0])
        title(f"mail: {letters:,} letters of {size} octets, {CONNECTIONS} connections, {rounds} rounds")

        def per_second(side):
            return [letters / each.cpu_s / 1e3 for each in side]

        row("muster: letters per client-CPU-second", per_second(ours), "k")
        row("smtp-source: messages per client-CPU-second", per_second(theirs), "k")
        row("muster : smtp-source", ratios(per_second(ours), per_second(theirs)), "",
            "≥ 3, 5 aimed at")
        row("muster, each signed (Ed25519)", per_second(signed), "k")
        row("muster: wall rate", [letters / each.wall_s / 1e3 for each in ours], "k/s")
        row("smtp-source: wall rate", [letters / each.wall_s / 1e3 for each in theirs], "k/s")
        row("muster: peak RSS", [each.rss_kib / 1024 for each in ours], "MiB")
    finally:
        bench.close()
        os.sync()


if __name__ == "__main__":
    main()
