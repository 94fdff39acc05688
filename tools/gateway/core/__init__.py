"""What do a batch of frames, an act or the passing of time make of the house? No network, no disk and no clock in here.

    datagrams ─► opened and checked in memory (hallway) ─► load the rows they concern ─► decide ─► store what changed
                                                                                            └─► acks, downlinks, jobs

rows.py         what a row of each table is: plain immutable tuples with names
memory.py       the rows that matter now, found by what they are asked for, and what a transaction has changed of them
storage.py      what a store must be able to do
transaction.py  one transaction at one time: what every room is handed

The rooms stand beside this folder: acts, alarms, ack_cache, deadlines, device_checks, downlinks, duty, escalation,
group_calls, house_time, keys, people, places/sightings, responders, restore_guard, troubles, unknown_badges, updates
and visits.
A test holds them to the same as what is in here: they import nothing that knows a disk, a network or a clock.

A room (alarms, people, deadlines, downlinks, duty and the like) asks and changes the tables of its transaction and
nothing else, so the same rooms run over SQLite, over PostgreSQL, and over whatever else can load, fetch and save rows.
"""
