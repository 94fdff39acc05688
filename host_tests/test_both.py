"""Do badge, drivers, radios and air live the same on CPython and on MicroPython, allocating nothing where it is hot?"""

from lived import ROOT, TESTS, alike, lived

ACCELEROMETERS = ("adxl345", "lis3dh", "lsm6dso", "mpu6050", "mpu6886")
ALLOCATES = """
import micropython
micropython.heap_lock()
try:
    bytearray(16)
except MemoryError:
    print("refused")
"""


def test_a_locked_heap_refuses(either, tmp_path):
    (tmp_path / "allocates.py").write_text(ALLOCATES)
    assert lived(either, tmp_path / "allocates.py") == "refused\n"


def test_the_32_bit_one_counts_as_the_esp32_does(micropython32, tmp_path):
    (tmp_path / "counts.py").write_text("import sys; print(sys.maxsize)")
    assert lived(micropython32, tmp_path / "counts.py") == f"{2**31 - 1}\n"


def test_equal_lives_and_a_locked_heap(either):
    there, here = alike(either, "life.py", ROOT, TESTS)
    assert there == here and "locked doors ran" in there


def test_equal_drivers_and_a_locked_heap(either):
    there, here = alike(either, "chips_life.py", ROOT, ROOT / "lib")
    assert there == here
    lines = there.splitlines()
    for name in ACCELEROMETERS:
        *_, tested, frozen, forgot, _ = [line.removeprefix(name + " ") for line in lines if line.startswith(name)]
        assert tested.startswith("True [") and frozen == "False [0, 0, 0]"
        assert forgot == "False []"  # not configured after a reset, and no forbidden write in the whole life
    for name in (*ACCELEROMETERS, "axp2101", "drv2605"):
        assert f"{name} hot with the heap locked" in lines


def test_one_air(micropython):
    there, here = alike(micropython, "air_life.py", ROOT, TESTS)
    assert there == here and len(there.splitlines()) > 200


def test_one_life_of_three_radios(micropython):
    there, here = [said.splitlines() for said in alike(micropython, "lora_life.py", ROOT, TESTS)]
    assert there[-2].startswith("ledger with the heap locked") and there[-2:] == here[-2:]
    heard = [line.split(" ", 1)[1] for line in there if " heard " in line]
    assert heard == [line.split(" ", 1)[1] for line in here if " heard " in line] and len(heard) > 15
    assert sum(" [] [(" in line for line in there) == 3  # no chip has anything to complain about
    if there[-1] == "the double":
        # the real package tells True from 1 by isinstance, which MicroPython and CPython answer differently: 1 ms here
        assert there == here
