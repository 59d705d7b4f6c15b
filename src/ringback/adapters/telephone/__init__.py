"""A leg: SIP, SDP and a media engine behind the Telephone port."""
