"""What the technician's commands do to a badge on a USB cable, through the real mpremote."""
