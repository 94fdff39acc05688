"""Is the gateway's name looked up without waiting, whatever the name server says or does not say?"""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.board import dns
from firmware.board.dns import Resolver, address_in

A = b"\0\1\0\1\0\0\0\x3c\0\4"


def question(host="gateway.house"):
    query = Resolver(host)._query
    query[:2] = b"\x12\x34"
    return query


def answer(query, records, count=None, flags=b"\x81\x80"):
    return bytes(query[:2]) + flags + b"\0\1\0" + bytes([len(records) if count is None else count]) + bytes(
        query[8:]) + b"".join(records)


def test_the_question_is_what_rfc_1035_says():
    assert question() == b"\x12\x34\1\0\0\1\0\0\0\0\0\0\7gateway\5house\0\0\1\0\1"


def test_an_answer_gives_its_first_address_past_other_records():
    query = question()
    alias = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x14"
    v6 = b"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + bytes(16)
    assert address_in(answer(query, [b"\xc0\x0c" + A + b"\x0a\0\0\2"]), query) == "10.0.0.2"
    assert address_in(answer(query, [alias, v6, b"\1b\5house\0" + A + b"\x0a\0\0\3"]), query) == "10.0.0.3"
    of_the_house = b"\xc0\x0c\0\1\x80\1\0\0\0\x78\0\4\x0a\0\0\4"  # mDNS marks its own record
    assert address_in(answer(query, [of_the_house], flags=b"\x84\0"), query) == "10.0.0.4"


def test_what_is_no_answer_to_this_question_gives_nothing():
    query = question()
    right = answer(query, [b"\xc0\x0c" + A + b"\x0a\0\0\2"])
    assert address_in(right, question()[:2] + question("other.house")[2:]) == ""
    assert address_in(b"\x12\x35" + right[2:], query) == ""  # to an earlier one
    assert address_in(bytes(query), query) == ""  # our own, come back
    assert address_in(answer(query, [], flags=b"\x81\x83"), query) == ""  # there is no such name
    assert address_in(answer(query, [], count=3), query) == ""
    for cut in range(len(right)):
        assert address_in(right[:cut], query) == ""


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.binary(max_size=120), st.integers(0, 60), st.integers(0, 255))
def test_any_bytes_are_safe(more, at, byte):
    query = question()
    assert address_in(more, query) == ""
    found = bytearray(answer(query, [more], count=3))
    found[at % len(found)] = byte
    assert address_in(found, query).count(".") in (0, 3)


class Server:
    """A name server on the loopback, at the port that `dns` is made to ask."""

    def __init__(self, monkeypatch):
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind(("127.0.0.1", 0))
        self.line.settimeout(2)
        monkeypatch.setattr(dns, "_SERVER_PORT", self.line.getsockname()[1])
        self.who = None

    def asked(self):
        """Return the next question."""
        data, self.who = self.line.recvfrom(512)
        return data

    def say(self, data):
        """Answer."""
        self.line.sendto(data, self.who)


@pytest.fixture
def server(monkeypatch):
    made = Server(monkeypatch)
    yield made
    made.line.close()


def looked(name, server, now):
    """Look as often as it takes a datagram to cross the loopback."""
    for _ in range(200):
        found = name.look("127.0.0.1", now)
        if found:
            return found
        server.line.settimeout(0.01)
        try:
            server.asked()
        except OSError:
            pass  # it only waits
    return ""


def test_it_asks_hears_and_asks_anew_the_next_time(server):
    name = Resolver("gateway.house")
    for last in (2, 9):
        assert name.look("127.0.0.1", 1000 * last) == ""
        query = server.asked()
        server.say(answer(query, [b"\xc0\x0c" + A + b"\x0a\0\0" + bytes([last])]))
        assert looked(name, server, 1000 * last) == "10.0.0.%d" % last and name._socket is None


def test_after_three_silent_seconds_the_address_of_last_time_will_do(server):
    name = Resolver("gateway.house")
    name._last = "10.0.0.2"
    assert [name.look("127.0.0.1", now) for now in range(0, 3000, 100)] == [""] * 30
    assert name.look("127.0.0.1", 3000) == "10.0.0.2" and name._socket is None
    assert len({bytes(server.asked()) for _ in range(3)}) == 3


def test_a_name_of_the_house_is_asked_of_the_house(monkeypatch):
    asked = []

    class Line:
        def __init__(self, family, kind):
            pass

        def setblocking(self, on):
            pass

        def sendto(self, data, to):
            asked.append(to)
            raise OSError(118)

        def close(self):
            asked.append("closed")

    monkeypatch.setattr(dns.socket, "socket", Line)
    assert Resolver("gateway.local").look("10.0.0.1", 5) == ""
    assert asked == [("224.0.0.251", 5353), "closed"]
