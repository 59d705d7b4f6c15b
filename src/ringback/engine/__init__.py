"""What happens next in a session: sans-IO; takes `now`, ids and randomness as arguments."""
