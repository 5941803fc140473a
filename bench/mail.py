"""Measures for bench/mail.sh; see there."""
import os
import sys

from mail_drain import drained
from mail_rig import CONNECTIONS, Mail
from rig import Rig, machine, ratios, row, title

NODEMAILER = 20_000  # letters
DRAINED = 5_000
DELAY_MS, DELAYED = 20, 2_000
PLAIN = ("--fast", "--no-chunking")


def per_second(letters, runs):
    return [letters / each.cpu_s / 1e3 for each in runs]


def wall(letters, runs):
    return [letters / each.wall_s / 1e3 for each in runs]


def against_smtp_source(mail, letters, rounds, chunking, aim):
    words = PLAIN if chunking == "off" else PLAIN[:1]
    ours, theirs, size = [], [], 0
    for _ in range(rounds):
        done, served, *_ = mail.send(letters, *words, chunking=chunking)
        size = served["octets"] // letters
        ours.append(done)
        theirs.append(mail.smtp_source(letters, size))
    title(f"chunking {chunking}: {letters:,} letters of {size} octets, {CONNECTIONS} connections, "
          f"{rounds} rounds")
    row("muster: letters per client-CPU-second", per_second(letters, ours), "k")
    row("smtp-source: messages per client-CPU-second", per_second(letters, theirs), "k")
    row("muster : smtp-source", ratios(per_second(letters, ours), per_second(letters, theirs)), "",
        aim)
    row("muster: wall rate", wall(letters, ours), "k/s")
    row("smtp-source: wall rate", wall(letters, theirs), "k/s")
    row("muster: peak RSS", [each.rss_kib / 1024 for each in ours], "MiB")


def relay(mail, letters, rounds):
    against_smtp_source(mail, letters, rounds, "off", "≥ 3, 5 aimed at")


def stream(mail, letters, rounds):
    against_smtp_source(mail, letters, rounds, "stream", "≥ 10")


def signed(mail, letters, rounds):
    few = max(1, letters // 5)  # a signature takes most of the time
    kinds = {"unsigned": "", "Ed25519": mail.key("ED25519"),
             "RSA-2048": mail.key("RSA", "-pkeyopt", "rsa_keygen_bits:2048")}
    runs = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, dkim in kinds.items():
            runs[kind].append(mail.send(few, *PLAIN, dkim=dkim)[0])
    title(f"signed: {few:,} letters, {rounds} rounds")
    for kind, done in runs.items():
        row(f"{kind}: client CPU a letter", [each.cpu_s / few * 1e6 for each in done], "µs")
        row(f"{kind}: wall rate", wall(few, done), "k/s")


def peers(mail, letters, rounds):
    ours, theirs, size = [], [], 0
    for _ in range(rounds):
        sent = mail.nodemailer(NODEMAILER)
        if isinstance(sent, str):
            print(f"left out: nodemailer: {sent}")
            return
        theirs.append(sent[0])
        size = sent[1]["octets"] // NODEMAILER
        ours.append(mail.send(letters, *PLAIN)[0])
    title(f"peers: muster {letters:,} letters, nodemailer {NODEMAILER:,} of {size} octets, "
          f"{CONNECTIONS} connections, {rounds} rounds")
    row("muster: letters per client-CPU-second", per_second(letters, ours), "k")
    row("nodemailer: messages per client-CPU-second", per_second(NODEMAILER, theirs), "k")
    row("muster : nodemailer",
        ratios(per_second(letters, ours), per_second(NODEMAILER, theirs)), "", "≥ 40")


def drain(mail, letters, rounds):
    if os.geteuid() != 0:
        print("left out: drain: Postfix in a mount namespace wants root")
        return
    runs = {"off": [], "stream": []}
    theirs = []
    for _ in range(rounds):
        theirs.append(drained(mail, DRAINED))
        for chunking, done in runs.items():
            words = PLAIN if chunking == "off" else PLAIN[:1]
            done.append(mail.send(letters, *words, chunking=chunking)[0])
    title(f"drain: muster {letters:,} letters, Postfix {DRAINED:,} of its queue, {rounds} rounds; "
          "all of it on one core")
    row("Postfix: messages a second of wall", theirs, "/s")
    for chunking, done in runs.items():
        rates = [letters / each.wall_s for each in done]
        row(f"muster, chunking {chunking}: letters a second", rates, "/s")
        row("… : Postfix", ratios(rates, theirs), "", "≥ 100")


def delay(mail, _, rounds):
    slow = ("--delay", DELAY_MS)
    ways = {"pipelined": (PLAIN, "off"), "in a stream": (PLAIN[:1], "stream"),
            "in turns": ((*PLAIN, "--no-pipelining"), "off")}
    runs = {way: [] for way in ways}
    theirs = []
    for _ in range(rounds):
        for way, (words, chunking) in ways.items():
            done, served, *_ = mail.send(DELAYED, *words, *slow, chunking=chunking)
            runs[way].append(done)
        theirs.append(mail.smtp_source(DELAYED, served["octets"] // DELAYED, *slow))
    title(f"delay: {DELAYED:,} letters, answers after {DELAY_MS} ms, {CONNECTIONS} connections, "
          f"{rounds} rounds")
    rates = {way: [DELAYED / each.wall_s for each in done] for way, done in runs.items()}
    rates["smtp-source"] = [DELAYED / each.wall_s for each in theirs]
    for way, rate in rates.items():
        row(way if way == "smtp-source" else f"muster, {way}", rate, "/s")
    for other in ("in turns", "smtp-source"):
        row(f"pipelined : {other}", ratios(rates["pipelined"], rates[other]))


PARTS = {"relay": relay, "stream": stream, "signed": signed, "peers": peers, "drain": drain,
         "delay": delay}


def main():
    build, *words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    parts = [word for word in words if not word.isdigit()] or list(PARTS)
    unknown = [part for part in parts if part not in PARTS]
    if unknown or len(numbers) > 2:
        sys.exit(f"no such part: {' '.join(unknown)}; there are {', '.join(PARTS)}")
    letters, rounds = (*numbers, *(100_000, 5)[len(numbers):])
    bench = Rig(build)
    mail = Mail(bench)
    try:
        machine(build)
        mail.prove("off")
        mail.prove("stream")
        for part in parts:
            PARTS[part](mail, letters, rounds)
    finally:
        bench.close()
        os.sync()


if __name__ == "__main__":
    main()
