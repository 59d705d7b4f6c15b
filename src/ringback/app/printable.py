"""What far ends said, shown on a terminal that it must not steer."""


def printable(text: str) -> str:
    """Take out what a far end may have put in for our terminal: control characters, bytes that are no text."""
    return "".join(each if each.isprintable() else "?" for each in text)
