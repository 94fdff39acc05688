"""How long does a badge live on its cell? Currents from data sheets, states from what the firmware really did."""
