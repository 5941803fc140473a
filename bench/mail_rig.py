"""What mail.py stands on: the sink, muster's send by mail, and who it is measured against."""
import json
import os
import pathlib
import shutil
import sys

import rig
from rig import CLIENT_CORE, SERVER_CORE, must, run

HERE = pathlib.Path(__file__).parent
PEERS = HERE.parent.resolve() / "build/peers"
CONNECTIONS = 8
PROOF = 20_000  # letters
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
chunking = "{chunking}"
[[mail.template]]
language = "en"
subject = "{subject}"
text = "{text}"
url = "{url}"
{dkim}
"""
SUBJECT, URL = "You are invited", "https://school.example/enroll"
# A body that names nobody, so that it is written once for all.
TEXT = "Sign in to get apps and books from your school. " * 6
# For those who do not make it from the text: a letter of about the size of muster's.
HTML = (f'<p>{TEXT * 3}</p><p style="margin:24px 0"><a href="{URL}" style="background:#0a58ca;'
        f'color:#ffffff;padding:12px 20px;text-decoration:none">Sign In</a></p>')


class Sink:
    """muster-loadgen smtp on a core of its own, from its start to stop()."""

    def __init__(self, bench, *words, port=0):
        port_file = bench.dir / "smtp.port"
        port_file.unlink(missing_ok=True)
        self.out = open(bench.dir / "smtp.stats", "w+")
        rig.pin(SERVER_CORE)
        self.process = rig.subprocess.Popen(
            [bench.build / "muster-loadgen", "smtp", "--listen", f"127.0.0.1:{port}", "--port-file",
             port_file, "--tls", "none", *map(str, words)], stdout=self.out,
            stderr=rig.subprocess.DEVNULL)
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

    def settings(self, port, data, chunking="off", dkim=""):
        file = self.bench.dir / "mail.toml"
        file.write_text(MAIL.format(data=data, port=port, connections=CONNECTIONS, text=TEXT,
                                    subject=SUBJECT, url=URL, chunking=chunking, dkim=dkim))
        return file

    def school(self, letters):
        folder = self.bench.dir / f"school-mail-{letters}"
        must(run(CLIENT_CORE, self.bench.build / "muster-loadgen", "roster", "--users", letters,
                 "--groups", 200, "--nesting", 4, "--seed", 3, "--without-device", 1, "--topic",
                 "com.example.muster", "--out", folder), "making the roster")
        return folder

    def imported(self, letters):
        """A copy of the imported data, and the school it was made of."""
        if letters not in self.pristine:
            school = self.school(letters)
            data = self.bench.dir / f"pristine-mail-{letters}"
            must(self.bench.muster("import", school, "--config", self.settings(1, data)),
                 "the import")
            self.pristine[letters] = (school, data)
        school, pristine = self.pristine[letters]
        data = self.bench.dir / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(pristine, data)
        os.sync()
        return school, data

    def send_to(self, port, letters, data, **wanted):
        done = must(self.bench.muster("send", "--group", "all", "--channels", "mail", "--yes",
                                      "--json", "--config", self.settings(port, data, **wanted)),
                    "muster send")
        if json.loads(done.out)["sent"] != letters:
            sys.exit(f"of {letters} letters not all were sent: {done.out}")
        return done

    def send(self, letters, *words, **wanted):
        """(run, the sink's counts, the school and the data)"""
        school, data = self.imported(letters)
        sink = Sink(self.bench, *words)
        done = self.send_to(sink.port, letters, data, **wanted)
        return done, counted(sink, letters), school, data

    def prove(self, chunking):
        journal = self.bench.dir / "mail.journal"
        journal.unlink(missing_ok=True)
        _, served, school, data = self.send(PROOF, "--journal", journal, chunking=chunking)
        verdict = run(CLIENT_CORE, self.bench.build / "muster-loadgen", "verify", "--data", data,
                      "--journal", journal, "--roster", school, "--muster",
                      self.bench.build / "muster")
        print(f"strict server, chunking {chunking}, {served['messages']:,} letters, "
              f"{served['misspoken']} slips: {verdict.out.strip().splitlines()[-1]}")
        if verdict.code != 0 or served["misspoken"] != 0:
            sys.exit("the proof failed, no figure counts")

    def key(self, kind, *words):
        """A new key; the settings that sign with it."""
        file = self.bench.dir / f"dkim-{kind}.pem"
        must(run(CLIENT_CORE, "openssl", "genpkey", "-algorithm", kind, *words, "-out", file),
             "openssl")
        file.chmod(0o600)
        return (f'[[mail.dkim]]\ndomain = "school.example"\nselector = "one"\n'
                f'key_file = "{file}"\n')

    def smtp_source(self, letters, size, *words):
        sink = Sink(self.bench, "--fast", "--no-chunking", *words)
        libraries = f"{PEERS}/root/usr/lib/postfix:{PEERS}/root/usr/lib/x86_64-linux-gnu"
        done = must(run(CLIENT_CORE, PEERS / "root/usr/sbin/smtp-source", "-d", "-s", CONNECTIONS,
                        "-m", letters, "-l", size, "-N", "-f", "it@school.example", "-t",
                        "user@school.example", f"127.0.0.1:{sink.port}",
                        environment={"LD_LIBRARY_PATH": libraries}), "smtp-source")
        counted(sink, letters)
        return done

    def nodemailer(self, letters):
        """(run, the sink's counts); a sentence where it could not be measured."""
        modules = PEERS / "npm/mail/node_modules"
        if not (modules / "nodemailer").exists():
            return f"{modules}/nodemailer is missing"
        sink = Sink(self.bench, "--fast", "--no-chunking")
        job = self.bench.dir / "job.json"
        job.write_text(json.dumps({
            "host": "127.0.0.1", "port": sink.port, "connections": CONNECTIONS, "letters": letters,
            "from": "Example School <it@school.example>", "subject": SUBJECT,
            "text": f"{TEXT}\n\n{URL}", "html": HTML}))
        done = run(CLIENT_CORE, "node", HERE / "peers/nodemailer.js", job,
                   environment={"NODE_PATH": str(modules)})
        served = sink.stop()
        if done.code != 0 or served["messages"] != letters:
            return f"it sent {served['messages']} of {letters}: {done.out.strip()[-300:]}"
        return done, served


def counted(sink, letters):
    served = sink.stop()
    if served["messages"] != letters:
        sys.exit(f"the server took {served['messages']} of {letters}")
    return served
