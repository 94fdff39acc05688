"""How does what a plan asks for leave the house? Notifications, sirens, webhooks: each over a channel of its own.

    rows ─► workers ─► post      a notification: a process that can be killed, since Apprise cannot be interrupted
                    ├► broker    a siren: one connection to the house's MQTT broker, which is kept
                    └► webhook   a POST of JSON
    trials ─► the same way       every step is tested each week, so that a dead address is a trouble before an alarm

A job is a row of the database until somebody was told, so a restart loses none. One channel waits for no other, and no
attempt takes longer than LIMIT_S (workers.py). What went wrong comes back as a sentence without the address, which may
hold a password. No name leaves the house: a job says what and which badge.
"""
