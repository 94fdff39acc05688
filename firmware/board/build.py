"""How is a board put together from its file (firmware/board/boards/)? Only what the file names is loaded.

A part that is missing or does not answer is a technical alarm, never a board that cannot be built. This module is
needed once; firmware/start.py then frees it.
"""

import machine
from esp32 import NVS
from firmware.board.board import Board
from firmware.board.bus import Bus
from firmware.board.memory import Memory
from firmware.board.sensors import Accel
from firmware.board.store import Store
from machine import Pin
from micropython import const

_WIFI_HZ = const(80000000)  # the least that Wi-Fi runs at; the chip, awake all day, draws a fifth less than at 160 MHz


def build(name, pairing, settings=None):
    """Return the Board called `name`. Raises ValueError for a name that does not exist.

    pairing: as firmware/settings.py returns it, or None for no radio. settings: as it returns them, or None; what is
    for the board in them is taken out.
    """
    try:
        pins = getattr(__import__("firmware.board.boards." + name).board.boards, name)
    except (ImportError, AttributeError):
        raise ValueError("pairing: there is no board called " + name)
    if hasattr(pins, "HOLD"):
        Pin(pins.HOLD, Pin.OUT, value=1)  # first: on these boards the chip keeps itself fed
    board = Board()
    board.store = Store()
    if pairing:
        _renew(pairing)
    board.memory = Memory()
    bus = Bus(0, pins.I2C_SCL, pins.I2C_SDA)
    if hasattr(pins, "PMU"):
        _pmu(board, pins, bus)  # before the radio, which one of its rails feeds
    else:
        _battery(board, pins)
    if pairing and pairing["role"] == "bridge":
        from firmware.board.serial import Serial

        board.line = Serial()
        _routes(board, pins, pairing)  # it has no body: no button, no motor, no sensor
        return board
    if hasattr(pins, "BUTTON"):
        from firmware.board.parts import Button

        board.button = Button(pins.BUTTON, getattr(pins, "BUTTON_PULL", "") != "board")
        board.button.pin.irq(board.button.touch, Pin.IRQ_FALLING)
        board.clip = Button(pins.CLIP) if hasattr(pins, "CLIP") else None  # pressed: closed
        board.function = Button(pins.FUNCTION) if hasattr(pins, "FUNCTION") else None
    _motor(board, pins, bus)
    if settings and "loud" in settings:
        from firmware.board.loud import build as speaker

        board.loud = speaker(pins, settings.pop("loud"))
    board.accel = Accel(bus, pins.ACCEL, pins.ACCEL_ADDRESS)
    if pairing:
        _routes(board, pins, pairing)
    return board


def _renew(pairing):
    """Put keys that came over the air (firmware/board/store.py) in the place of the pairing's."""
    nvs = NVS("kald")
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


def _pmu(board, pins, bus):
    from firmware.board.power import Pmu

    if pins.PMU_SCL != pins.I2C_SCL:
        bus = Bus(1, pins.PMU_SCL, pins.PMU_SDA)
    board.battery = board.button = Pmu(bus, pins.PMU_ADDRESS, getattr(pins, "PMU_RAILS", ()))


def _battery(board, pins):
    from firmware.board.parts import Battery

    charger = getattr(pins, "CHARGER", None)
    switch = getattr(pins, "BATTERY_SWITCH", None)
    divider = pins.BATTERY_DIVIDER_MILLI
    board.battery = Battery(pins.BATTERY, divider, pins.BATTERY_EMPTY_UV, pins.BATTERY_FULL_UV, charger, switch)


def _motor(board, pins, bus):
    if hasattr(pins, "MOTOR"):
        from firmware.board.parts import Motor

        board.motor = Motor(pins.MOTOR)
    else:
        from firmware.board.haptics import Haptics

        board.motor = Haptics(bus, pins.MOTOR_ADDRESS)


def _routes(board, pins, pairing):
    if pairing["ssid"]:
        from firmware.board.wifi import Wifi

        board.routes = (Wifi(pairing, board.memory.dips),)
        machine.freq(_WIFI_HZ)
    board.wants_radio = pairing["lora"] is not None
    if board.wants_radio and hasattr(pins, "LORA"):
        from firmware.board.radio import radio, sleep

        board.radio = radio(pins, pairing["lora"], board.memory, board.store)
        if board.radio is not None:
            board.routes += (board.radio,)
        if not pairing["ssid"] and pairing["role"] == "badge":
            board.sleep = sleep(board, pins)
