"""Frozen values that everything else speaks in. Imports only the standard library and msgspec."""
