"""Innkeeper: e-mail domains for hosted WordPress sites, and fair, enforced conduct rules for each of them."""

__version__ = "0.1.0"
