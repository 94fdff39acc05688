"""What is heard in one crowded minute of the simulated air? Prints it; run by CPython and MicroPython alike."""

import sys

sys.path[:0] = sys.argv[1:]

from ears import Ear, quiet_air  # noqa: E402

from tools.sim.air.phy import Dice  # noqa: E402

AIR = quiet_air(seed=7, shadowing=True, loss_permille=100, garble_permille=50)
EAR = Ear(AIR, 40, 40)
DICE = Dice(2)
for i in range(8):
    mouth = Ear(AIR, DICE.below(80), DICE.below(80), listening=False)
    for n in range(20):
        AIR.clock.at(n * 1000000 + DICE.below(900000), mouth.radio.transmit, bytes((i, n)), 14)
AIR.clock.run(30000000)
for word in EAR.heard:
    print(word)
print(sorted(EAR.radio.counts.items()))
