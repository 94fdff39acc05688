"""Where is somebody who calls? From what her badge hears around it to the words that a colleague runs by.

estimate.py   what the house has learnt, and what a badge hears, make a place with its certainty: plain numbers
wording.py    a place, its certainty and its age, said in Danish and in English
sightings.py  a room of the core: SIGHTING frames are taken, and kept with the alarm that they belong to

A place is found only while an alarm, a question or a test of that badge is open. It is never told more exactly than
the evidence goes: a room, two rooms, part of a floor, a floor, or nothing.
"""
