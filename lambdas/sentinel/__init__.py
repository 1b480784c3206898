"""The sentinel function."""
