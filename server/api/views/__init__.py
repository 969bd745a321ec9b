"""How things look on the wire; pure shaping of what services hand over."""
