"""The drill function."""
