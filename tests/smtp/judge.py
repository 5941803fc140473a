"""Other libraries' opinion of a letter, which comes on stdin: Python's email, and dkimpy.

usage: judge.py parse                      what a reader sees, one property a line
       judge.py verify NAME=TXT…           one line a signature: its tags, and whether it holds;
                                           NAME=TXT is what DNS would say
"""
import email
import email.header
import email.policy
import sys


def parse(message):
    for line in message.split(b"\r\n"):
        most = 78 if b": " in line or line.startswith(b" ") else 76
        if len(line) > most and not line.startswith((b"To:", b" <", b"List-Unsubscribe:", b"Message-ID:")):
            print("long=" + line.decode())
        if line.startswith((b".", b"From ")) or b"\r" in line or b"\n" in line or b"\0" in line:
            print("bad=" + repr(line))
    letter = email.message_from_bytes(message, policy=email.policy.default)
    name, address = email.utils.parseaddr(email.message_from_bytes(message)["To"])
    print("name=" + str(email.header.make_header(email.header.decode_header(name))))
    print("address=" + address)
    print("to=" + str(len(letter["To"].addresses)) + " " + letter["To"].addresses[0].addr_spec)
    subject = email.message_from_bytes(message)["Subject"].replace("\r\n", "")
    print("subject=" + str(email.header.make_header(email.header.decode_header(subject))))
    print("fields=" + " ".join(letter.keys()))
    print("defects=" + str([d for part in letter.walk() for d in part.defects] +
                           [d for value in letter.values() for d in value.defects]))
    for part in letter.iter_parts():
        print(part.get_content_type() + "=" + part.get_content().replace("\r\n", "|"))


def verify(message, records):
    import dkim

    def dns(name, timeout=5):
        return records[name.decode()].encode()

    for index in range(message.lower().count(b"dkim-signature:")):
        judge = dkim.DKIM(message)
        try:
            good = judge.verify(idx=index, dnsfunc=dns)
        except dkim.ValidationError:  # the body's hash is another
            good = False
        tags = judge.signature_fields
        print(" ".join([tags[b"a"].decode(), tags[b"d"].decode(), tags[b"s"].decode(),
                        tags[b"t"].decode(), str(good)]))


if __name__ == "__main__":
    given = sys.stdin.buffer.read()
    if sys.argv[1] == "parse":
        parse(given)
    else:
        verify(given, dict(one.split("=", 1) for one in sys.argv[2:]))
