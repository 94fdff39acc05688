"""The metal: the only folder that may import machine, network, esp32 or socket."""
