"""Does the driver package drive the simulated chips, and do our subclasses add what it lacks?

Runs on the real package when KALD_LORA_LIB names it, else on the double; the names of the tests say which it was.
"""

import pytest
from radio_rig import PACKAGE, TIME, Place, air_in_our_time

from firmware.board import modem
from firmware.link.airtime import airtime_us

KINDS = pytest.mark.parametrize("kind", ["sx1262", "sx1276"], ids=lambda kind: f"{kind} over {PACKAGE}")


def pair(a="sx1262", b="sx1262", **chances):
    air = air_in_our_time(**chances)
    return Place(air, a), Place(air, b, 20)


def send(modem, payload):
    modem.prepare_send(payload)
    start_us = TIME.clock.now_us
    modem.start_send()
    for _ in range(5000):
        if modem.poll_send() is not True:
            return TIME.clock.now_us - start_us
        TIME.sleep_us(500)
    raise AssertionError("never sent")


def hear(modem, ms=300):
    for _ in range(ms):
        packet = modem.poll_recv()
        if packet is not True:
            return packet
        TIME.sleep_ms(1)
    return None


@KINDS
def test_power_at_the_antenna(kind):
    here, there = pair(kind)
    for dbm in (2, 10, 14, 17):
        sender = here.plain({"output_power": dbm})
        send(sender, b"loud?")
        assert here.chip.power_dbm() == dbm
    here.clean()


@KINDS
def test_a_frame_with_a_wrong_crc_is_counted_and_not_given_and_the_next_one_is_whole(kind):
    here, there = pair("sx1262", kind)
    sender, receiver = here.plain(), there.settled()
    receiver.start_recv(continuous=True)
    TIME.sleep_ms(5)
    sender._reg_write(0x0740, 0x44)  # our sync word, at the package's own modem
    sender._reg_write(0x0741, 0xB4)
    here.air.garble_permille = 1000
    send(sender, b"garbled")
    assert hear(receiver, 20) is None and receiver.crc_errors == 1
    here.air.garble_permille = 0
    send(sender, b"whole")
    assert bytes(hear(receiver)) == b"whole"
    there.clean()


@KINDS
@pytest.mark.parametrize("fail", ["silent", "wrong", "busy"])
def test_a_chip_that_is_not_there(kind, fail):
    here, there = pair(kind)
    if kind == "sx1276" and fail == "busy":
        return  # it has no BUSY
    here.chip.fail = fail
    with pytest.raises(RuntimeError):
        here.settled()


def test_a_tcxo_board_needs_to_be_told():
    air = air_in_our_time()
    place = Place(air, "sx1262", needs_tcxo=True)
    with pytest.raises(RuntimeError):  # at the first use of the oscillator
        place.settled().prepare_send(b"?")
    modem = place.settled(dio3_tcxo_millivolts=1800, dio3_tcxo_start_time_us=5000)
    assert modem.alive()


@KINDS
@pytest.mark.parametrize("tcxo_mv", [None, 1800])
def test_a_board_file_is_enough(kind, tcxo_mv, monkeypatch):
    place = Place(air_in_our_time(), kind, **({"needs_tcxo": True} if tcxo_mv and kind == "sx1262" else {}))
    parts = place.parts()
    lines = {1: parts["cs"], 2: parts["reset"], 3: parts.get("busy"), 4: parts.get("dio1", parts.get("dio0"))}
    asked = {}

    class Pins:
        LORA, LORA_SCK, LORA_MOSI, LORA_MISO, LORA_CS, LORA_RESET = kind, 7, 8, 9, 1, 2
        LORA_BUSY, LORA_DIO1, LORA_TCXO_MV = 3, 4, tcxo_mv

    monkeypatch.setattr(modem, "Pin", lambda number: lines.get(number, number))
    monkeypatch.setattr(modem, "SPI", lambda bus, **how: asked.update(how) or place.spi)
    radio = modem.build(Pins, 869525, 9, 12)
    TIME.sleep_ms(30)
    assert radio.alive() and (asked["sck"], asked["mosi"], asked["miso"]) == (7, 8, 9)
    assert abs(send(radio, bytes(24)) - airtime_us(24, 9)) < 1500 and radio.get_time_on_air_us(24) == airtime_us(24, 9)
    assert place.chip.power_dbm() == 12
    place.clean()


# What our subclasses add


@KINDS
def test_a_look_finds_a_frame_and_an_empty_channel(kind):
    here, there = pair(kind, "sx1262")
    modem, other = here.settled(), there.settled()

    def look():
        modem.start_look()
        start_us = TIME.clock.now_us
        while modem.poll_look() < 0:
            assert TIME.clock.now_us - start_us < 20000
            TIME.sleep_us(200)
            answer = modem.poll_look()
            if answer >= 0:
                return answer

    assert look() == 0
    other.prepare_send(b"x" * 60)
    other.start_send()
    TIME.sleep_ms(3)
    assert look() == 1
    TIME.sleep_ms(40)
    assert look() == (1 if kind == "sx1262" else 0)  # the SX1276 finds preambles only
    TIME.sleep_ms(200)
    assert look() == 0
    here.clean()


@KINDS
def test_alive_is_a_chip_that_holds_our_settings(kind):
    here, there = pair(kind)
    modem = here.settled()
    assert modem.alive()
    here.chip.fail = "reset"
    TIME.sleep_ms(1)
    if kind == "sx1262":
        here.chip.nss(0)
        here.chip.nss(1)
        TIME.sleep_ms(5)
    assert not modem.alive()
    here.chip.fail = "silent"
    assert not modem.alive()


def test_the_image_is_calibrated_for_our_band():
    here, there = pair()
    here.settled()
    assert here.chip.image == (0xD7 * 4, 0xDB * 4) == (860, 876)


@pytest.mark.parametrize("after_ms", [0, 3, 500, 1004])
def test_dozing_ends_when_the_host_wants(after_ms):
    here, there = pair()
    dozer = there.settled()
    dozer.start_doze(9216, 990000)
    TIME.sleep_ms(after_ms)
    dozer.end_doze()
    assert dozer.is_idle() and dozer.alive()
    dozer.start_recv(continuous=True)
    TIME.sleep_ms(2000)
    assert not dozer.is_idle()
    there.clean()
