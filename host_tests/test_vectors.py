"""Does the wire still have the bytes that others were told? host_tests/vectors.json, for whoever builds another end.

One object a frame type: the key, the 13 bytes of the nonce, how many bytes are the readable head, the plain frame and
the sealed one (hex), and the numbers that were written. `derive`: how a KEY's secret makes the next key. The bytes are
checked against firmware/link and against the `cryptography` package, which knows nothing of it. The prose stands at the
head of firmware/link/frame.py and firmware/link/seal.py.

    .venv/bin/python host_tests/test_vectors.py     writes the file anew, for a wire that was changed on purpose
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools" / "host")]

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESCCM  # noqa: E402

from firmware.link import downlink, frame  # noqa: E402
from firmware.link.seal import NONCE_BYTES, Seal  # noqa: E402

FILE = Path(__file__).with_name("vectors.json")
UP = bytes(range(0x10, 0x20))
DOWN = bytes(range(0x20, 0x30))
SECRET = bytes(range(0xA0, 0xB0))
GROUP_KEY, GROUP = bytes(range(0xC0, 0xD0)), 0x0506
# watchdog, once; talk; at a minute; a mash; a crash is a fault
TOLD = bytes((0x23, 1)) + b"Attr" + bytes((0x0C, 0x0D, 2, 0, 3, 7, 0, 0x20))
DEVICE, GATEWAY, COUNTER = 0x0102, 3, 0x04050607
HEARD = 0x01020304

# name: (stream, key, head, writer, fields with their names)
FRAMES = {
    "ALARM": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.alarm, {
        "alarm_id": 0x04050600, "kind": 3, "what": 0, "revision": 2, "battery16": 14, "passed": 0x0A0B, "age_s": 17}),
    "HEARTBEAT": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.heartbeat, {
        "state": 0x4C, "battery": 87, "faults": 0x0804}),
    "ANSWER": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.answer, {"caller": 0x0203, "alarm_id": 0x00010203}),
    "TOLD": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.told, {"gateway": GATEWAY, "down_counter": 0x00ABCDEF}),
    "WISH": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.wish, {"order": 1, "value": 0xC12C}),
    "CALLED": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.called, {
        "caller": 0x0203, "alarm_id": 0x00010203, "kind": 3}),
    "REPORT": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.report, {"told": TOLD}),
    "ABLE": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.able, {"version": 3, "abilities": 0x0001}),
    "REFUSED": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.refused, {
        "gateway": GATEWAY, "down_counter": 0x00ABCDEF, "why": 1}),
    "SIGHTING": (frame.STREAM_UP, UP, frame.UP_HEAD, frame.sighting, {
        "hashes": [0x8001, 0xFFFF, 1, 0x1234, 0x4321, 0xAAAA, 0x5555, 0x7E81],
        "levels": [0, 1, 8, 17, 32, 42, 62, 63], "count": 8}),
    "ACK": (frame.STREAM_ACK, DOWN, frame.ACK_HEAD, downlink.ack, {"status": 0}),
    "STEP": (frame.STREAM_DOWN, DOWN, frame.DOWN_HEAD, downlink.step, {
        "alarm_id": 0x04050600, "step": 2, "responder": 0x0203}),
    "CALL": (frame.STREAM_DOWN, DOWN, frame.DOWN_HEAD, downlink.call, {
        "caller": 0x0203, "alarm_id": 0x00010203, "kind": 3}),
    "STAND_DOWN": (frame.STREAM_DOWN, DOWN, frame.DOWN_HEAD, downlink.stand_down, {
        "caller": 0x0203, "alarm_id": 0x00010203}),
    "ORDER": (frame.STREAM_DOWN, DOWN, frame.DOWN_HEAD, downlink.order, {"order": 2, "value": 15}),
    "ORDER_AGAIN": (frame.STREAM_DOWN, DOWN, frame.DOWN_HEAD, downlink.order_again, {
        "which": 1, "value": 0xC12C, "since": 0x00010203}),
    "KEY": (frame.STREAM_DOWN, DOWN, frame.DOWN_HEAD, downlink.key, {"which": 0, "secret": SECRET}),
    "GROUP_CALL": (frame.STREAM_GROUP, GROUP_KEY, frame.DOWN_HEAD, downlink.group_call, {
        "caller": 0x0203, "alarm_id": 0x00010203, "kind": 3}),
}


def written(name):
    """Return one vector as our code makes it."""
    stream, key, head, writer, fields = FRAMES[name]
    buf, nonce = bytearray(frame.FRAME_BYTES_MAX), bytearray(NONCE_BYTES)
    sender = 0 if stream == frame.STREAM_UP else GATEWAY
    leads = {frame.STREAM_UP: (DEVICE, COUNTER), frame.STREAM_ACK: (DEVICE, GATEWAY, COUNTER),
             frame.STREAM_DOWN: (DEVICE, GATEWAY, COUNTER, HEARD),
             frame.STREAM_GROUP: (GROUP, GATEWAY, COUNTER)}[stream]
    n = writer(buf, *leads, *fields.values())
    to = GROUP if stream == frame.STREAM_GROUP else DEVICE
    frame.nonce(nonce, stream, to, sender, COUNTER)
    said = {name: value.hex() if isinstance(value, bytes) else value for name, value in fields.items()}
    numbers = {"group" if to == GROUP else "device": to, "counter": COUNTER}
    if sender:
        numbers |= {"gateway": GATEWAY}
    if stream == frame.STREAM_DOWN:
        numbers |= {"heard": HEARD}
    plain = bytes(buf[:n])
    sealed = bytes(buf[: Seal(key).close(nonce, buf, head, n)])
    return {"key": key.hex(), "nonce": nonce.hex(), "head_bytes": head, "fields": {**numbers, **said},
            "plain": plain.hex(), "sealed": sealed.hex()}


def derived():
    """Return how a KEY's secret makes the next keys."""
    both = {"up": UP, "down": DOWN}
    return {"secret": SECRET.hex(), **{name: {"key": key.hex(), "next": Seal(key).derive(SECRET, 0).hex()}
                                       for name, key in both.items()}}


def test_every_type_on_the_wire_has_a_vector():
    types = [type for type in range(256) if frame.expected(type)]
    vectors = json.loads(FILE.read_text())["frames"]
    assert sorted(int(vector["plain"][:2], 16) for vector in vectors.values()) == types
    for vector in vectors.values():
        assert len(vector["plain"]) // 2 == frame.expected(int(vector["plain"][:2], 16))


def test_our_code_writes_and_opens_these_bytes():
    given = json.loads(FILE.read_text())
    assert set(given["frames"]) == set(FRAMES)
    for name, vector in given["frames"].items():
        assert written(name) == vector
        buf = bytearray.fromhex(vector["sealed"])
        n = Seal(bytes.fromhex(vector["key"])).open(bytes.fromhex(vector["nonce"]), buf, vector["head_bytes"], len(buf))
        assert buf[:n].hex() == vector["plain"]
    assert derived() == given["derive"]


def test_an_independent_implementation_seals_to_these_bytes():
    given = json.loads(FILE.read_text())
    for vector in given["frames"].values():
        plain, head = bytes.fromhex(vector["plain"]), vector["head_bytes"]
        cipher = AESCCM(bytes.fromhex(vector["key"]), tag_length=8)
        body = cipher.encrypt(bytes.fromhex(vector["nonce"]), plain[head:], plain[:head])
        assert (plain[:head] + body).hex() == vector["sealed"]
    for name in ("up", "down"):
        one = given["derive"][name]
        block = Cipher(algorithms.AES(bytes.fromhex(one["key"])), modes.ECB()).encryptor()
        assert block.update(bytes.fromhex(given["derive"]["secret"])).hex() == one["next"]


def test_the_numbers_are_found_where_the_prose_says():
    given = json.loads(FILE.read_text())["frames"]
    at = {"ALARM": {"alarm_id": (7, 4), "passed": (13, 2), "age_s": (15, 1)}, "ACK": {"status": (6, 1)},
          "HEARTBEAT": {"state": (7, 1), "battery": (8, 1), "faults": (9, 2)},
          "WISH": {"order": (7, 1), "value": (8, 2)},
          "ANSWER": {"caller": (7, 2), "alarm_id": (9, 4)}, "TOLD": {"gateway": (7, 1), "down_counter": (8, 4)},
          "STEP": {"heard": (8, 4), "alarm_id": (12, 4), "step": (16, 1), "responder": (17, 2)},
          "CALL": {"heard": (8, 4), "caller": (12, 2), "alarm_id": (14, 4), "kind": (18, 1)},
          "STAND_DOWN": {"heard": (8, 4), "caller": (12, 2), "alarm_id": (14, 4)},
          "ORDER": {"heard": (8, 4), "order": (12, 1), "value": (13, 2)}, "KEY": {"heard": (8, 4), "which": (12, 2)},
          "CALLED": {"caller": (7, 2), "alarm_id": (9, 4), "kind": (13, 1)},
          "GROUP_CALL": {"gateway": (3, 1), "counter": (4, 4), "caller": (8, 2), "alarm_id": (10, 4), "kind": (14, 1)},
          }
    for name, places in at.items():
        plain, fields = bytes.fromhex(given[name]["plain"]), given[name]["fields"]
        assert int.from_bytes(plain[1:3]) == fields["group" if name == "GROUP_CALL" else "device"]
        for field, (start, length) in places.items():
            assert int.from_bytes(plain[start : start + length]) == fields[field], (name, field)
    assert given["REPORT"]["plain"].endswith(given["REPORT"]["fields"]["told"])


if __name__ == "__main__":
    made = {"frames": {name: written(name) for name in FRAMES}, "derive": derived()}
    FILE.write_text(json.dumps(made, indent=1) + "\n")
