"""What can the house print from the firmware's own data? The alarm table for the README, the wearer's card."""
