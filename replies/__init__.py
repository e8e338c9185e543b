"""What readers send back: concerns now; thanks and sealed replies later."""
