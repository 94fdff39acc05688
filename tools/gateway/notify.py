"""How do a notification and a siren leave the house? Errands that wait in the database are carried out here.

Apprise knows the services (mail, ntfy, SMS gateways, ...); MQTT is published to only, with QoS 1, retained, so that a
siren that starts late still hears whether it should be on. Both block, so threads carry them out. What went wrong comes
back as a sentence without the address, which may hold a password.
"""

import json
import logging
import time
from urllib.parse import urlsplit

import apprise
from paho.mqtt import client as mqtt

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its log lines hold addresses
TITLE = "Kald"
_MQTT_PORT = 1883
_MQTT_S = 10  # from connecting to the broker's word that it has it
_TURN_S = 0.1


class Wrong(ValueError):
    """A sentence that says what is not right about the broker."""


class Means:
    """What this gateway can reach. broker: "mqtt://[user@]host[:port]" or None; password: of the broker's user."""

    def __init__(self, broker=None, password=None):
        self._broker = _broker(broker) if broker else None
        self._password = password

    def carry_out(self, does, target, text):
        """Do an errand ("notify" or "siren"; `target` is JSON); return "" or why it failed. Blocks for seconds."""
        if does == "notify":
            return _notify(json.loads(target), text)
        if self._broker is None:
            return "no broker: start the gateway with --mqtt"
        try:
            return _publish(*self._broker, self._password, json.loads(target), text)
        except OSError as error:
            return f"the broker cannot be reached: {error.strerror or type(error).__name__}"


def _broker(url):
    """Return (host, port, user or None)."""
    try:
        parts = urlsplit(url)
        port = _MQTT_PORT if parts.port is None else parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme != "mqtt" or not parts.hostname or not port or parts.password or parts.path not in ("", "/"):
        raise Wrong("--mqtt must look like mqtt://host, mqtt://host:1883 or mqtt://user@host; a password has a file")
    return parts.hostname, port, parts.username


def known(address):
    """Return whether Apprise knows what to do with an address."""
    return apprise.Apprise().add(address)


def _notify(addresses, text):
    failed = 0
    for address in addresses:
        service = apprise.Apprise()
        if not service.add(address) or not service.notify(body=text, title=TITLE):
            failed += 1
    return f"{failed} of {len(addresses)} addresses could not be reached" if failed else ""


def _publish(host, port, user, password, topic, text):
    """Publish once and wait for the broker's word; paho's own publish.single waits for a mute broker for ever."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    refused, sent = [], []

    def connected(_client, _data, _flags, reason, _properties):
        if reason.is_failure:
            refused.append(str(reason))
        else:
            sent.append(client.publish(topic, text, qos=1, retain=True))

    client.on_connect = connected
    client.connect_timeout = _MQTT_S / 2
    if user:
        client.username_pw_set(user, password)
    client.connect(host, port, keepalive=60)
    end = time.monotonic() + _MQTT_S
    try:
        while time.monotonic() < end and not refused:
            if client.loop(_TURN_S) != mqtt.MQTT_ERR_SUCCESS:
                break
            if sent and sent[0].is_published():
                return ""
    finally:
        client.disconnect()
    return f"the broker refused: {refused[0]}" if refused else "the broker does not answer"
