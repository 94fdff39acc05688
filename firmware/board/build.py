"""How is a board put together from its file (firmware/board/boards/)? Only what the file names is loaded.

A part that is missing, does not answer or cannot be set up is a technical alarm, never a board that cannot be built.
This module is needed once; firmware/start.py then frees it.
"""

import machine
from firmware.board.board import Board
from firmware.board.bus import Bus
from firmware.board.nvs import NvsStore, opened
from firmware.board.rtc_memory import RtcMemory
from firmware.limits import BATTERY_UNKNOWN
from machine import Pin
from micropython import const

# What the port raises for metal that it cannot set up (host_tests/test_doors.py has its doors, one by one).
_ERRORS = (OSError, RuntimeError, ValueError)
_ACCESS_POINTS = const(1)  # the bits of the setting `place`
_BEACONS = const(2)
_WIFI_HZ = const(80000000)  # the least that Wi-Fi runs at; the chip, awake all day, draws a fifth less than at 160 MHz


class Dead:
    """A part that could not be set up: a button never pressed, a motor that takes nothing, a cell that nobody knows."""

    silent = True
    touched = watches = lying = stirred = False

    def level(self, level=None):
        """Return that it is not pressed, or that it did not take the level."""
        return 0

    def percent(self):
        """Return that nobody knows."""
        return BATTERY_UNKNOWN

    def charging(self):
        """Return that it is on no charger, as far as one knows."""
        return False

    def read(self, block):
        """Return that there are no samples."""
        return -1

    def self_test(self, rest):
        """Return that it is not right."""
        return False


def bare(name, pairing):
    """Return the Board called `name` with what a lifeboat needs; a driver that fails in any way is left out.

    A name that nobody knows leaves Wi-Fi, which tells the house: another board's pins could harm what is wired here.
    """
    from firmware.board.boot_history import BootHistory

    pins = None
    try:
        pins = _pins(name)
    except ValueError as error:
        _said(error)
    board, bus = _begin(pins, pairing, BootHistory)
    steps = []
    if pins:
        steps = [lambda: _power(board, pins, bus), lambda: _hand(board, pins), lambda: _motor(board, pins, bus)]
    if pairing:
        steps += [lambda: _wifi(board, pins, pairing), lambda: _lora(board, pins, pairing)]
    for step in steps:
        try:
            step()
        except Exception as error:  # of ours, or of a file that is broken
            _said(error)
    return board


def build(name, pairing, settings=None):
    """Return the Board called `name`. Raises ValueError for a name that does not exist.

    pairing: as firmware/settings.py returns it, or None for no radio. settings: as it returns them, or None; what is
    for the board in them is taken out.
    """
    pins = _pins(name)
    board, bus = _begin(pins, pairing)
    _power(board, pins, bus)
    if pairing and pairing["role"] == "bridge":
        from firmware.board.serial import Serial

        board.line = Serial()
        _lora(board, pins, pairing)  # it has no body: no button, no motor, no sensor
        return board
    _hand(board, pins)
    if hasattr(pins, "BUTTON"):
        from firmware.board.parts import Button

        board.clip = _make(Button, pins.CLIP) if hasattr(pins, "CLIP") else None  # pressed: closed
        board.function = _make(Button, pins.FUNCTION) if hasattr(pins, "FUNCTION") else None
    _motor(board, pins, bus)
    if settings and "loud" in settings:
        from firmware.board.sounder import build as speaker

        board.loud = _make(speaker, pins, settings.pop("loud"))
    from firmware.board.sensors import Accel

    board.accel = bus and _make(Accel, bus, pins.ACCEL, pins.ACCEL_ADDRESS) or board.accel
    place = settings.pop("place", _ACCESS_POINTS) if settings is not None else 0
    if pairing:
        ble = getattr(pins, "BLE", "")
        fits = ble and (ble != "alone" or not pairing["ssid"])
        beacons = _make(_beacons) if fits and place & _BEACONS else None  # before Wi-Fi, as the port wants it
        _wifi(board, pins, pairing)
        wifi = board.routes[0] if place & _ACCESS_POINTS and board.routes else None
        _lora(board, pins, pairing)
        if wifi or beacons:
            from firmware.board.scan import Scan

            board.nearby = Scan(wifi, beacons)
        wakes = board.wants_radio and hasattr(pins, "LORA") and not board.button.silent
        if wakes and not pairing["ssid"] and not beacons:
            from firmware.board.radio import sleep

            board.sleep = _make(sleep, board, pins)
    return board


def _pins(name):
    try:
        return getattr(__import__("firmware.board.boards." + name).board.boards, name)
    except (ImportError, AttributeError):
        raise ValueError("pairing: there is no board called " + name)


def _begin(pins, pairing, memory=RtcMemory):
    if hasattr(pins, "HOLD"):
        Pin(pins.HOLD, Pin.OUT, value=1)  # first: on these boards the chip keeps itself fed
    board = Board()
    board.button = board.motor = board.accel = board.battery = Dead()
    board.store = NvsStore()
    if pairing:
        _renew(pairing)
    board.memory = memory()
    return board, pins and _make(Bus, 0, pins.I2C_SCL, pins.I2C_SDA)


def _make(make, *words):
    """Return what make(*words) does, None where the metal refuses."""
    try:
        return make(*words)
    except _ERRORS as error:
        _said(error)


def _said(error):
    print("kald: a part cannot be set up:", type(error).__name__, error)


def _renew(pairing):
    """Put keys that came over the air (firmware/board/nvs.py) in the place of the pairing's."""
    nvs = opened()
    keys = bytearray(32)
    counter = -1
    try:
        counter = nvs.get_i32("counter")
        if nvs.get_blob("keys", keys) == 32:
            pairing["up"], pairing["down"] = bytes(keys[:16]), bytes(keys[16:])
    except OSError:
        pass  # the keys are still those of the pairing
    if counter < 0:
        print("kald: this badge has lost its counter and sends nothing; run: kald pair")


def _power(board, pins, bus):
    if hasattr(pins, "PMU"):  # before the radio, which one of its rails feeds
        from firmware.board.power import Pmu

        if pins.PMU_SCL != pins.I2C_SCL:
            bus = _make(Bus, 1, pins.PMU_SCL, pins.PMU_SDA)
        rails = getattr(pins, "PMU_RAILS", ())
        board.battery = board.button = bus and _make(Pmu, bus, pins.PMU_ADDRESS, rails) or board.button
        return
    from firmware.board.parts import Battery

    charger = getattr(pins, "CHARGER", None)
    switch = getattr(pins, "BATTERY_SWITCH", None)
    board.battery = _make(Battery, pins.BATTERY, pins.BATTERY_DIVIDER_MILLI, pins.BATTERY_EMPTY_UV,
                          pins.BATTERY_FULL_UV, charger, switch) or board.battery


def _hand(board, pins):
    if hasattr(pins, "BUTTON"):
        from firmware.board.parts import Button

        button = _make(Button, pins.BUTTON, getattr(pins, "BUTTON_PULL", "") != "board")
        if button:
            board.button = button
            _make(button.pin.irq, button.touch, Pin.IRQ_FALLING)


def _motor(board, pins, bus):
    if hasattr(pins, "MOTOR"):
        from firmware.board.parts import Motor

        board.motor = _make(Motor, pins.MOTOR) or board.motor
    else:
        from firmware.board.haptics import Haptics

        board.motor = bus and _make(Haptics, bus, pins.MOTOR_ADDRESS) or board.motor


def _beacons():
    from firmware.board.beacons import Beacons

    return Beacons()


def _wifi(board, pins, pairing):
    if pairing["ssid"]:
        from firmware.board.wifi import Wifi

        route = _make(Wifi, pairing, board.memory.dips)
        board.routes = (route,) if route else ()
        _make(machine.freq, _WIFI_HZ)


def _lora(board, pins, pairing):
    board.wants_radio = pairing["lora"] is not None
    if board.wants_radio and hasattr(pins, "LORA"):
        from firmware.board.radio import radio

        board.radio = _make(radio, pins, pairing["lora"], board.memory, board.store)
        if board.radio is not None:
            board.routes += (board.radio,)
