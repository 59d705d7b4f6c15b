"""What a callflow means: pure values and rules."""
