"""The media plane: one interface, several engines."""
