"""Looks for secrets where none may stand: logs, outputs, tables.

Apps and Books' journal keeps only SHA-256 of invitation codes, so every word of a text that could be one is
hashed and looked up. Words are runs of letters, digits and the signs of base64 and UUIDs.
"""
import base64
import binascii
import csv
import hashlib
import json
import re

WORD = re.compile(rb"[A-Za-z0-9+/_=-]{8,}")
LINK = re.compile(rb"invite_?code", re.IGNORECASE)
DATABASE = re.compile(r"\.db(-wal|-shm)?$")


def sha256(word):
    return hashlib.sha256(word).hexdigest()


class Secrets:
    def __init__(self, books_journal, token_file, devices_csv):
        self.codes = set()
        for line in books_journal.read_text().splitlines():
            digest = json.loads(line).get("codeSha256")
            if digest:
                self.codes.add(digest)
        text = token_file.read_bytes().strip()
        self.tokens = {text, json.loads(base64.b64decode(text))["token"].encode()}
        self.magics = set()
        with open(devices_csv, newline="") as file:
            for row in csv.DictReader(file):
                self.magics |= {row[name].encode() for name in ("push_magic", "user_push_magic")
                                if row.get(name)}

    def found_in(self, content):
        """What kinds of secrets stand in it."""
        found = set()
        if any(token in content for token in self.tokens):
            found.add("content token")
        if LINK.search(content):
            found.add("invitation URL")
        for match in set(WORD.findall(content)):
            # A code may stand by itself or behind "=", and a magic in JSON.
            for word in {match, *match.split(b"=")}:
                if word in self.magics:
                    found.add("push magic")
                if sha256(word) in self.codes:
                    found.add("invitation code")
                found |= self.found_in_base64(word)
        return found

    def found_in_base64(self, word):
        if len(word) < 12:
            return set()
        try:
            inside = base64.b64decode(word, validate=True)
        except (binascii.Error, ValueError):
            return set()
        return {"push magic"} if inside in self.magics else set()


def is_database(path):
    return DATABASE.search(path.name) is not None
