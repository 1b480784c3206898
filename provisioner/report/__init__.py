"""Standings and verdicts as notices, reports and pages: values in, text out."""
