"""SIP signalling (RFC 3261) as a sans-IO core."""
