"""A house full of real badges, one LoRa channel, real bridges and a real gateway, in virtual time and one process."""
