"""How it looks on the network: sans-IO; knows no callflows."""
