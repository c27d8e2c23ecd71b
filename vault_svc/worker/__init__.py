"""Timed and durable work."""
