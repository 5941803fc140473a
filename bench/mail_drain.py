"""Postfix draining its own queue, for mail.py: muster sends it the letters, which it keeps on hold;
then it is told to deliver them to the sink, and the time until its queue is empty is taken."""
import os
import pathlib
import subprocess
import sys
import time

import rig
from mail_rig import PEERS, Sink, counted
from rig import CLIENT_CORE

WAIT_S = 300
SETTINGS = """smtpd_client_restrictions = check_client_access static:HOLD
smtpd_client_connection_count_limit = 0
default_process_limit = 100
smtp_host_lookup = native
hash_queue_depth = 1
"""


def queued(postfix):
    return sum(len(files) for queue in ("hold", "deferred", "incoming", "active")
               for _, _, files in os.walk(postfix.dir / "queue" / queue))


def wait(what, condition):
    """Looks seldom: a look at a long queue takes milliseconds of the core that is measured."""
    until = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"Postfix did not end {what} within {WAIT_S} s")
        time.sleep(0.1)


def tell(postfix, *words):
    """Runs one of Postfix's commands in its namespaces."""
    first = pathlib.Path(f"/proc/{postfix.process.pid}/task/{postfix.process.pid}/children")
    done = subprocess.run(
        ["nsenter", "--target", first.read_text().split()[0], "--mount", "--pid", "env",
         f"MAIL_CONFIG={postfix.dir}/etc", f"LD_LIBRARY_PATH={PEERS}/root/usr/lib/postfix:"
         f"{PEERS}/root/usr/lib/x86_64-linux-gnu", *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{words[0]} failed: {done.stderr}{postfix.log()}")


def drained(mail, letters):
    """Messages a second of wall."""
    os.environ["MUSTER_BINARY_DIR"] = str(mail.bench.build)
    os.environ["MUSTER_PEERS"] = str(PEERS)
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests/e2e"))
    from mail_hosts import Postfix

    sink = Sink(mail.bench, "--fast", "--no-chunking")
    rig.pin(CLIENT_CORE)  # Postfix inherits it
    postfix = Postfix(mail.bench.dir, settings=SETTINGS, transport=f"smtp:[127.0.0.1]:{sink.port}")
    try:
        _, data = mail.imported(letters)
        mail.send_to(postfix.port, letters, data)
        wait("queueing", lambda: queued(postfix) >= letters)
        tell(postfix, PEERS / "root/usr/sbin/postsuper", "-H", "ALL")
        os.sync()
        begun = time.monotonic()
        tell(postfix, PEERS / "root/usr/sbin/postqueue", "-f")
        wait("draining", lambda: queued(postfix) == 0)
        took = time.monotonic() - begun
    finally:
        postfix.stop()
    counted(sink, letters)
    return letters / took
